"""The order ticket: the one form that orders are typed into, and at the same time their confirmation."""
