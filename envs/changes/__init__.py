"""The kinds of change a world can bring; each file is one kind.

All files of this folder are imported, so that a new one is known to specs, help texts, the documentation and the
contract tests without a line here. The names below are those that are promised.
"""

from importlib import import_module as _import_module
from pkgutil import iter_modules as _iter_modules

from envs.changes.base import Change as Change
from envs.changes.delay_actions import DelayActions as DelayActions
from envs.changes.dynamics import Dynamics as Dynamics
from envs.changes.goal import Goal as Goal
from envs.changes.noise import Noise as Noise
from envs.changes.noisy_actions import NoisyActions as NoisyActions
from envs.changes.permute import Permute as Permute
from envs.changes.permute_actions import PermuteActions as PermuteActions
from envs.changes.repeat_actions import RepeatActions as RepeatActions
from envs.changes.sticky_actions import StickyActions as StickyActions
from envs.changes.storm import Storm as Storm

__all__ = [
    "Change",
    "DelayActions",
    "Dynamics",
    "Goal",
    "Noise",
    "NoisyActions",
    "Permute",
    "PermuteActions",
    "RepeatActions",
    "StickyActions",
    "Storm",
]

for _module in _iter_modules(__path__):
    _import_module(f"{__name__}.{_module.name}")
