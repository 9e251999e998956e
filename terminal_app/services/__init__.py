"""What the window talks to: accounts, orders, portfolio, market, charts, watchlists, notices, settings. No Qt."""
