"""How numbers change over a life: signals, and the paces at which some of them go on. See ``docs/when.md``."""

from envs.when.combine import Clipped as Clipped
from envs.when.combine import Product as Product
from envs.when.combine import Sum as Sum
from envs.when.curve import NEVER as NEVER
from envs.when.curve import Curve as Curve
from envs.when.curve import Level as Level
from envs.when.curve import changes as changes
from envs.when.curve import values as values
from envs.when.drawn import Bursts as Bursts
from envs.when.drawn import LogUniform as LogUniform
from envs.when.drawn import Switching as Switching
from envs.when.drawn import Uniform as Uniform
from envs.when.drawn_paces import Decaying as Decaying
from envs.when.drawn_paces import Memoryless as Memoryless
from envs.when.drift import Exponential as Exponential
from envs.when.drift import Geometric as Geometric
from envs.when.drift import Polynomial as Polynomial
from envs.when.drift import Sigmoid as Sigmoid
from envs.when.linear import Linear as Linear
from envs.when.ornstein_uhlenbeck import OrnsteinUhlenbeck as OrnsteinUhlenbeck
from envs.when.pace import Pace as Pace
from envs.when.pace import Periodic as Periodic
from envs.when.pace import Stretch as Stretch
from envs.when.paces import Ages as Ages
from envs.when.paces import Between as Between
from envs.when.paces import Windows as Windows
from envs.when.retime import Held as Held
from envs.when.retime import Paced as Paced
from envs.when.retime import Shifted as Shifted
from envs.when.signal import Fixed as Fixed
from envs.when.signal import Signal as Signal
from envs.when.signal import bind as bind
from envs.when.signal import check_range as check_range
from envs.when.steps import Constant as Constant
from envs.when.steps import Cyclic as Cyclic
from envs.when.steps import Steps as Steps
from envs.when.steps import Window as Window
from envs.when.walk import RandomWalk as RandomWalk
from envs.when.waves import Saw as Saw
from envs.when.waves import Sinusoid as Sinusoid

__all__ = [
    "NEVER",
    "Ages",
    "Between",
    "Bursts",
    "Clipped",
    "Constant",
    "Curve",
    "Cyclic",
    "Decaying",
    "Exponential",
    "Fixed",
    "Geometric",
    "Held",
    "Level",
    "Linear",
    "LogUniform",
    "Memoryless",
    "OrnsteinUhlenbeck",
    "Pace",
    "Paced",
    "Periodic",
    "Polynomial",
    "Product",
    "RandomWalk",
    "Saw",
    "Shifted",
    "Sigmoid",
    "Signal",
    "Sinusoid",
    "Steps",
    "Stretch",
    "Sum",
    "Switching",
    "Uniform",
    "Window",
    "Windows",
    "bind",
    "changes",
    "check_range",
    "values",
]
