"""Market depth: five levels on both sides, and the day of the instrument."""
