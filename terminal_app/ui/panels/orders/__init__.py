"""The orders panel with the timeline of an order."""
