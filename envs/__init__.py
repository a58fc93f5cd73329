"""Worlds that change: lives made of tasks, on one clock, with hidden identities."""

import gymnasium as _gymnasium

from envs.batched import BatchedWorld as BatchedWorld
from envs.batched import Outcome as Outcome
from envs.batched_vector import BatchedEnv as BatchedEnv
from envs.batched_vector import BatchedVectorEnv as BatchedVectorEnv
from envs.batched_wrapper import BatchedWrapper as BatchedWrapper
from envs.changes import Change as Change
from envs.changes import DelayActions as DelayActions
from envs.changes import Dynamics as Dynamics
from envs.changes import Goal as Goal
from envs.changes import Noise as Noise
from envs.changes import NoisyActions as NoisyActions
from envs.changes import Permute as Permute
from envs.changes import PermuteActions as PermuteActions
from envs.changes import RepeatActions as RepeatActions
from envs.changes import StickyActions as StickyActions
from envs.changes import Storm as Storm
from envs.checks import check_change as check_change
from envs.classic import register_classic as _register_classic
from envs.effect import Effect as Effect
from envs.effect import Frame as Frame
from envs.grid.make import register_grid as _register_grid
from envs.life import LifelongEnv as LifelongEnv
from envs.lives import LIVES as LIVES
from envs.lives import make_life as make_life
from envs.schedule import Schedule as Schedule
from envs.schedule import Task as Task
from envs.schedule import Visit as Visit
from envs.senses import RealSenses as RealSenses
from envs.setting import BatchSetting as BatchSetting
from envs.setting import Clock as Clock
from envs.setting import Setting as Setting
from envs.setting import report as report
from envs.snapshot import check_snapshot as check_snapshot
from envs.snapshot import from_bytes as from_bytes
from envs.snapshot import restore as restore
from envs.snapshot import snapshot as snapshot
from envs.snapshot import to_bytes as to_bytes
from envs.vector import LifelongVectorEnv as LifelongVectorEnv
from envs.when import Linear as Linear
from envs.when import Signal as Signal

__all__ = [
    "LIVES",
    "BatchSetting",
    "BatchedEnv",
    "BatchedVectorEnv",
    "BatchedWorld",
    "BatchedWrapper",
    "Change",
    "Clock",
    "DelayActions",
    "Dynamics",
    "Effect",
    "Frame",
    "Goal",
    "LifelongEnv",
    "LifelongVectorEnv",
    "Linear",
    "Noise",
    "NoisyActions",
    "Outcome",
    "Permute",
    "PermuteActions",
    "RealSenses",
    "RepeatActions",
    "Schedule",
    "Setting",
    "Signal",
    "StickyActions",
    "Storm",
    "Task",
    "Visit",
    "check_change",
    "check_snapshot",
    "from_bytes",
    "make_life",
    "report",
    "restore",
    "snapshot",
    "to_bytes",
]

_register_grid()
_register_classic()
_gymnasium.register(id="lifelong/Grid-v0", entry_point="envs.grid.senses:make_grid")
_gymnasium.register(id="lifelong/Room-v0", entry_point="envs.rooms:make_room")
for _life in LIVES:
    _gymnasium.register(
        id=f"lifelong/{_life}-v0",
        entry_point="envs.lives:make_env",
        vector_entry_point="envs.lives:make_vector_env",
        kwargs={"life": _life},
    )
