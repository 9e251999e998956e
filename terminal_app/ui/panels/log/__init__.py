"""The log panel: everything the user was told."""
