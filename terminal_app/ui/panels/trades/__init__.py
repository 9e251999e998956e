"""The trades panel: today's fills."""
