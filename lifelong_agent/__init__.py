"""The plastic brain: torch and NumPy only, no environments."""
