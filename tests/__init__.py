"""Tests, folder by folder like what they test; what they share is imported by its full name, as in `tests.agents`."""
