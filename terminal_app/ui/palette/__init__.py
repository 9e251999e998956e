"""The search palette: instruments and commands in one box."""
