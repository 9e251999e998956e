"""The funds panel."""
