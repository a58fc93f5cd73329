"""How numbers change over a life; each file is one kind of signal."""

from envs.when.linear import Linear as Linear
from envs.when.signal import Curve as Curve
from envs.when.signal import Level as Level
from envs.when.signal import Signal as Signal
from envs.when.signal import bind as bind
from envs.when.signal import check_range as check_range

__all__ = ["Curve", "Level", "Linear", "Signal", "bind", "check_range"]
