"""The window: everything here may use Qt, and knows services and domain only."""
