"""Bhav, a desktop trading terminal for the Indian markets."""
