"""The trading vocabulary: values, instruments, orders, positions, market data, clock, messages and errors. It imports nothing of ours."""
