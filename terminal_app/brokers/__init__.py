"""Brokers: one contract (``base``), shared plumbing, and one package per broker."""
