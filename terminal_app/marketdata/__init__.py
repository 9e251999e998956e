"""Market data: the instrument catalogue and its search, the quote board, the hub of the feeds, bars."""
