"""Worlds that change: lives made of tasks, on one clock, with hidden identities."""

import gymnasium as _gymnasium

from envs.bases import PICTURED as _PICTURED
from envs.batched import BatchedWorld as BatchedWorld
from envs.batched import Outcome as Outcome
from envs.batched_vector import BatchedEnv as BatchedEnv
from envs.batched_vector import BatchedVectorEnv as BatchedVectorEnv
from envs.batched_wrapper import BatchedWrapper as BatchedWrapper
from envs.changed import changed as changed
from envs.changes import BiasDrift as BiasDrift
from envs.changes import Blur as Blur
from envs.changes import Change as Change
from envs.changes import Delay as Delay
from envs.changes import DelayActions as DelayActions
from envs.changes import Drop as Drop
from envs.changes import Dummy as Dummy
from envs.changes import Dynamics as Dynamics
from envs.changes import Features as Features
from envs.changes import FixedLayout as FixedLayout
from envs.changes import FlipImage as FlipImage
from envs.changes import Goal as Goal
from envs.changes import GridGoal as GridGoal
from envs.changes import Invert as Invert
from envs.changes import InvertColours as InvertColours
from envs.changes import Jitter as Jitter
from envs.changes import MazeGoal as MazeGoal
from envs.changes import Mix as Mix
from envs.changes import Noise as Noise
from envs.changes import NoisyActions as NoisyActions
from envs.changes import NonFinite as NonFinite
from envs.changes import Occlude as Occlude
from envs.changes import PacketLoss as PacketLoss
from envs.changes import Permute as Permute
from envs.changes import PermuteActions as PermuteActions
from envs.changes import Quantise as Quantise
from envs.changes import Relabel as Relabel
from envs.changes import Repeat as Repeat
from envs.changes import RepeatActions as RepeatActions
from envs.changes import Reward as Reward
from envs.changes import RewardDelay as RewardDelay
from envs.changes import Rotate as Rotate
from envs.changes import Saturate as Saturate
from envs.changes import ScaleDrift as ScaleDrift
from envs.changes import Shift as Shift
from envs.changes import Spikes as Spikes
from envs.changes import StickyActions as StickyActions
from envs.changes import Storm as Storm
from envs.changes import Stuck as Stuck
from envs.changes import Turn as Turn
from envs.checks import check_change as check_change
from envs.classic import register_classic as _register_classic
from envs.counter import CounterDice as CounterDice
from envs.effect import Effect as Effect
from envs.effect import Frame as Frame
from envs.grid.make import register_grid as _register_grid
from envs.grids import register_grids as _register_grids
from envs.labelled import register_labelled as _register_labelled
from envs.life import LifelongEnv as LifelongEnv
from envs.life_checks import check_life as check_life
from envs.lives import make_life as make_life
from envs.lives import register_lives as _register_lives
from envs.named import LIVES as LIVES
from envs.named import life as life
from envs.schedule import Schedule as Schedule
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
from envs.storms import STORMS as STORMS
from envs.storms import storm as storm
from envs.stream import Stream as Stream
from envs.task import Task as Task
from envs.timeline import Markov as Markov
from envs.timeline import Rounds as Rounds
from envs.timeline import Shuffled as Shuffled
from envs.timeline import Stage as Stage
from envs.timeline import Stages as Stages
from envs.timeline import Stay as Stay
from envs.timeline import Timeline as Timeline
from envs.timeline import Visit as Visit
from envs.vector import LifelongVectorEnv as LifelongVectorEnv
from envs.when import Linear as Linear
from envs.when import Signal as Signal

__all__ = [
    "LIVES",
    "STORMS",
    "BatchSetting",
    "BatchedEnv",
    "BatchedVectorEnv",
    "BatchedWorld",
    "BatchedWrapper",
    "BiasDrift",
    "Blur",
    "Change",
    "Clock",
    "CounterDice",
    "Delay",
    "DelayActions",
    "Drop",
    "Dummy",
    "Dynamics",
    "Effect",
    "Features",
    "FixedLayout",
    "FlipImage",
    "Frame",
    "Goal",
    "GridGoal",
    "Invert",
    "InvertColours",
    "Jitter",
    "LifelongEnv",
    "LifelongVectorEnv",
    "Linear",
    "Markov",
    "MazeGoal",
    "Mix",
    "Noise",
    "NoisyActions",
    "NonFinite",
    "Occlude",
    "Outcome",
    "PacketLoss",
    "Permute",
    "PermuteActions",
    "Quantise",
    "RealSenses",
    "Relabel",
    "Repeat",
    "RepeatActions",
    "Reward",
    "RewardDelay",
    "Rotate",
    "Rounds",
    "Saturate",
    "ScaleDrift",
    "Schedule",
    "Setting",
    "Shift",
    "Shuffled",
    "Signal",
    "Spikes",
    "Stage",
    "Stages",
    "Stay",
    "StickyActions",
    "Storm",
    "Stream",
    "Stuck",
    "Task",
    "Timeline",
    "Turn",
    "Visit",
    "changed",
    "check_change",
    "check_life",
    "check_snapshot",
    "from_bytes",
    "life",
    "make_life",
    "report",
    "restore",
    "snapshot",
    "storm",
    "to_bytes",
]

_register_grid()
_register_classic()
_register_grids()
_register_labelled()
_gymnasium.register(id="lifelong/Grid-v0", entry_point="envs.grid.senses:make_grid")
_gymnasium.register(id="lifelong/Pixels-v0", entry_point="envs.grid.pixels:make_pixels", kwargs={"base": _PICTURED})
_gymnasium.register(id="lifelong/Room-v0", entry_point="envs.rooms:make_room")
_gymnasium.register(id="lifelong/PointMaze-v0", entry_point="envs.mazes:make_maze")
_register_lives()
