"""Bhav, a desktop trading terminal for the Indian markets."""

__version__ = "0.1.0"
