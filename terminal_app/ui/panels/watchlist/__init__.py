"""The watchlist: numbered lists of instruments with live prices."""
