"""The kinds of change a world can bring; each file is one kind.

All files of this folder are imported, so that a new one is known to specs, help texts, the documentation and the
contract tests without a line here. The names below are those that are promised.
"""

from importlib import import_module as _import_module
from pkgutil import iter_modules as _iter_modules

from envs.changes.base import Change as Change
from envs.changes.bias_drift import BiasDrift as BiasDrift
from envs.changes.blur import Blur as Blur
from envs.changes.delay import Delay as Delay
from envs.changes.delay_actions import DelayActions as DelayActions
from envs.changes.drop import Drop as Drop
from envs.changes.dummy import Dummy as Dummy
from envs.changes.dynamics import Dynamics as Dynamics
from envs.changes.features import Features as Features
from envs.changes.fixed_layout import FixedLayout as FixedLayout
from envs.changes.flip_image import FlipImage as FlipImage
from envs.changes.goal import Goal as Goal
from envs.changes.grid_goal import GridGoal as GridGoal
from envs.changes.invert import Invert as Invert
from envs.changes.invert_colours import InvertColours as InvertColours
from envs.changes.jitter import Jitter as Jitter
from envs.changes.maze_goal import MazeGoal as MazeGoal
from envs.changes.mix import Mix as Mix
from envs.changes.noise import Noise as Noise
from envs.changes.noisy_actions import NoisyActions as NoisyActions
from envs.changes.non_finite import NonFinite as NonFinite
from envs.changes.occlude import Occlude as Occlude
from envs.changes.packet_loss import PacketLoss as PacketLoss
from envs.changes.permute import Permute as Permute
from envs.changes.permute_actions import PermuteActions as PermuteActions
from envs.changes.quantise import Quantise as Quantise
from envs.changes.relabel import Relabel as Relabel
from envs.changes.repeat import Repeat as Repeat
from envs.changes.repeat_actions import RepeatActions as RepeatActions
from envs.changes.reward import Reward as Reward
from envs.changes.reward_delay import RewardDelay as RewardDelay
from envs.changes.rotate import Rotate as Rotate
from envs.changes.saturate import Saturate as Saturate
from envs.changes.scale_drift import ScaleDrift as ScaleDrift
from envs.changes.shift import Shift as Shift
from envs.changes.spikes import Spikes as Spikes
from envs.changes.sticky_actions import StickyActions as StickyActions
from envs.changes.storm import Storm as Storm
from envs.changes.stuck import Stuck as Stuck
from envs.changes.turn import Turn as Turn

__all__ = [
    "BiasDrift",
    "Blur",
    "Change",
    "Delay",
    "DelayActions",
    "Drop",
    "Dummy",
    "Dynamics",
    "Features",
    "FixedLayout",
    "FlipImage",
    "Goal",
    "GridGoal",
    "Invert",
    "InvertColours",
    "Jitter",
    "MazeGoal",
    "Mix",
    "Noise",
    "NoisyActions",
    "NonFinite",
    "Occlude",
    "PacketLoss",
    "Permute",
    "PermuteActions",
    "Quantise",
    "Relabel",
    "Repeat",
    "RepeatActions",
    "Reward",
    "RewardDelay",
    "Rotate",
    "Saturate",
    "ScaleDrift",
    "Shift",
    "Spikes",
    "StickyActions",
    "Storm",
    "Stuck",
    "Turn",
]

for _module in _iter_modules(__path__):
    _import_module(f"{__name__}.{_module.name}")
