"""The window around the panels: frame, menu bar, header, docks, status bar."""
