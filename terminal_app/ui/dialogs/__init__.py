"""Dialogs: one file each, opened over the window and awaited, never nesting an event loop."""
