"""Zerodha (Kite Connect)."""
