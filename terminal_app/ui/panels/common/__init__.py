"""What the table panels share: frame, tools, words."""
