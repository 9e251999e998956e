"""Wiring: command line, container, life cycle, logs, paths. It imports everything; nothing imports it."""
