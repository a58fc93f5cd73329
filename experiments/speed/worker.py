"""The process of one contender: it gets ready once, then works a stretch of CPU time whenever it is asked to.

Needs nothing but the standard library, since it also runs under interpreters that have none of this house. Commands and
answers are lines of JSON on standard input and output; what else is printed goes to standard error.

    python worker.py TARGET ARGUMENTS PACKAGES

TARGET is ``module:function`` or ``file.py:function``, ARGUMENTS a JSON object, PACKAGES a JSON list of distributions
whose versions are told. A generator function is a contender whose work is counted: it yields once when it is ready,
compiled and warm, and then the amount of work done since the last yield. Any other function measures itself: it is
called once a turn, and returns a figure.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any


def find(target: str) -> Callable[..., Any]:
    """Import what a target names."""
    where, _, name = target.rpartition(":")
    if not where.endswith(".py"):
        return getattr(importlib.import_module(where), name)
    spec = importlib.util.spec_from_file_location("contender", where)
    if spec is None or spec.loader is None:
        raise ValueError(f"{where} is no file of Python")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def prepare(function: Callable[..., Any], arguments: dict[str, Any]) -> Callable[[float], dict[str, Any]]:
    """Get a contender ready.

    Returns:
        What it does in a turn of so many CPU seconds: ``{"work": amount, "seconds": taken}``, at least one yield's; or
        ``{"figure": value}`` of one that measures itself.
    """
    if not inspect.isgeneratorfunction(function):
        return lambda seconds: {"figure": function(**arguments)}
    working = function(**arguments)
    next(working)

    def turn(seconds: float) -> dict[str, Any]:
        work, began = 0, time.process_time()
        while True:
            work += next(working)
            taken = time.process_time() - began
            if taken >= seconds:
                return {"work": work, "seconds": max(taken, 1e-9)}

    return turn


def versions(packages: list[str]) -> dict[str, str]:
    """Tell the versions of those distributions that are installed."""
    found = {}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def serve(target: str, arguments: dict[str, Any], packages: list[str]) -> None:
    """Answer until nobody asks any more."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library that prints does not spoil the answers

    def tell(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=channel, flush=True)

    try:
        turn = prepare(find(target), arguments)
        tell({"versions": versions(packages)})
        for line in sys.stdin:
            tell(turn(float(line)))
    except ModuleNotFoundError as error:
        tell({"absent": str(error.name)})
    except Exception as error:  # whatever it is, the one who asked says it
        tell({"failed": f"{type(error).__name__}: {' '.join(str(error).split())}"})


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the one who asked ends us in order
    sys.path.pop(0)  # our folder has names of its own, which are nobody's top-level modules
    serve(sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3]))
