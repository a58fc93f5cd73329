"""Gradual switches: for some time the old world and the new one take turns, the new one ever more often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envs.timeline.visit import Stay, Visit
from lifelong_agent.seeds import generator


def blended(stays: Sequence[Stay], slots: int, seed: int) -> tuple[Visit, ...]:
    """Draw which world is lived in when.

    The first ``blend`` steps of a stay are cut into slots. Slot j of K is spent in the new world with probability
    (j + 1/2) / K, else in the old one: a share that rises linearly from 0 to 1 over the switch. Slots that follow each
    other in one world are one visit. The dice of a switch are named by its place among the stays, so that what is
    drawn for one does not depend on the others.

    Source: gradual drift of Gama et al. 2014, "A survey on concept drift adaptation" (ACM Computing Surveys 46): two
    sources alternate before the change is complete.

    Args:
        stays: What is lived when.
        slots: Number K of slots of a switch.
        seed: Root seed of the draws.

    Returns:
        Visits from the beginning of the first stay to the end of the last one.
    """
    visits: list[Visit] = []
    for k, stay in enumerate(stays):
        if not stay.blend:
            returned = k > 0 and visits[-1].task != stays[k - 1].task  # the last slot before was spent in the old world
            _live(visits, stay.task, stay.start, stay.stop, join=returned)
            continue
        edges = stay.start + stay.blend * np.arange(slots + 1) // slots
        new = generator(seed, "timeline", "blend", k).random(slots) < (np.arange(slots) + 0.5) / slots
        for arrived, start, stop in zip(new.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            _live(visits, stay.task if arrived else stays[k - 1].task, start, stop, join=True)
        if stay.start + stay.blend < stay.stop:
            _live(visits, stay.task, stay.start + stay.blend, stay.stop, join=True)
    return tuple(visits)


def _live(visits: list[Visit], task: int, start: int, stop: int, join: bool) -> None:
    """Add a stretch of life; one in the same world goes on with the visit before, if it is to be joined."""
    if join and visits and visits[-1].task == task:
        visits[-1] = Visit(task, visits[-1].start, stop)
    else:
        visits.append(Visit(task, start, stop))
