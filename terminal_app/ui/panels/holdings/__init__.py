"""The holdings panel."""
