"""The P&L panel: the day's line, its figures, and what each position brought."""
