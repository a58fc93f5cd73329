"""What holds for every test: one thread, no windows, and property tests that draw the same examples every time."""

from __future__ import annotations

import os

from hypothesis import settings

# Before anything imports torch or matplotlib; processes which a test starts inherit them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# No deadline, because a busy machine is no failing test; the same examples, because a gate must say the same twice.
# `--hypothesis-profile=default` looks for new ones.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
