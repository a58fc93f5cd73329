"""The named lives; each file is one family of them, and all files of this folder are imported."""

from importlib import import_module as _import_module
from pkgutil import iter_modules as _iter_modules

from envs.named.registry import LIVES as LIVES
from envs.named.registry import life as life

__all__ = ["LIVES", "life"]

for _module in _iter_modules(__path__):
    _import_module(f"{__name__}.{_module.name}")
