"""The chart panel: bars of one instrument with the orders and the position on it."""
