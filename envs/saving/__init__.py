"""How environments that nobody has prepared for it are saved: see `envs.snapshot`."""
