"""The panels of the window: each has panel (widgets), presenter (decisions) and model."""
