"""The messages of the market feed, generated from ``market_feed.proto``."""
