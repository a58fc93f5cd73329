"""Named randomness: every generator is a named child of one root seed, so a new consumer shifts nobody else's dice."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_for(root: int, *names: str | int) -> int:
    """Derive the seed of one named consumer of randomness from the root seed of a life.

    Names are hashed rather than counted (as in spawn keys), so adding a consumer never changes what the others draw,
    and the value is the same in every process and on every machine.

    Args:
        root: The root seed, any integer.
        *names: What the seed is for, from general to particular, such as ``("exam", 3)``.

    Returns:
        An integer in ``[0, 2**63)``.

    Raises:
        TypeError: If the root is no integer, or a name is neither text nor an integer.
    """
    if isinstance(root, bool) or not isinstance(root, (int, np.integer)):
        raise TypeError(f"a root seed is an integer; got {root!r} of type {type(root).__name__}")
    for name in names:
        if isinstance(name, bool) or not isinstance(name, (str, int, np.integer)):
            raise TypeError(f"seeds are named by text or integers; got {name!r} of type {type(name).__name__}")
    path = (int(root), *(name if isinstance(name, str) else int(name) for name in names))
    digest = hashlib.blake2b(repr(path).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(root: int, *names: str | int) -> np.random.Generator:
    """Make the NumPy generator of one named consumer of randomness (see `seed_for`)."""
    return np.random.default_rng(seed_for(root, *names))
