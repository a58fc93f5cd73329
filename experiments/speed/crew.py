"""Processes of contenders as those who measure them see them: start, ask for a turn, close."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from experiments.pool import ONE_THREAD
from experiments.speed.rows import Contender

PEERS_PYTHON = "LIFELONG_PEERS_PYTHON"
"""Environment variable: the interpreter in which peers are installed; ours if it is not set."""
QUIET = {
    **ONE_THREAD,
    "NUMBA_NUM_THREADS": "1",
    # JAX has three pools of threads: Eigen's, XLA's, and the client's, which goes by NPROC.
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "NPROC": "1",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
    "WANDB_MODE": "disabled",
}
"""What keeps every contender to one thread of the CPU; set before anything is imported."""
WORKER = Path(__file__).with_name("worker.py")
OURS_VERSIONS = (
    "gymnasium",
    "lifelong_agent",
    "minigrid",
    "numba",
    "numpy",
    "stable_baselines3",
    "torch",
)


class Gone(Exception):
    """A contender cannot be measured.

    Attributes:
        absent: Whether that is because something is not installed.
    """

    def __init__(self, why: str, absent: bool = False) -> None:
        super().__init__(why)
        self.absent = absent


class Worker:
    """One contender in a process of its own.

    Attributes:
        versions: Of the packages it told of.
    """

    def __init__(self, contender: Contender) -> None:
        """Start it; `ready` waits until it is.

        Args:
            contender: What it does.

        Raises:
            Gone: If there is no such interpreter.
        """
        self.versions: dict[str, str] = {}
        environment = {**os.environ, **QUIET}
        target, python = contender.target, sys.executable
        packages = list(OURS_VERSIONS)
        if contender.peer:
            target, python = str(WORKER.parent / "peers" / target), os.environ.get(PEERS_PYTHON) or python
            environment.pop("PYTHONPATH", None)
            packages = [contender.peer, *(("jax",) if contender.peer != "envpool" else ())]
        else:
            environment["PYTHONPATH"] = str(WORKER.parent.parent.parent)  # the folder in which `experiments` lies
        words = [python, str(WORKER), target, json.dumps(contender.arguments), json.dumps(packages)]
        try:
            self._process = subprocess.Popen(
                words,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except OSError as error:
            raise Gone(f"{PEERS_PYTHON} names no interpreter that can be started: {error.strerror}") from error

    def ready(self) -> None:
        """Wait until it is compiled and warm.

        Raises:
            Gone: If something that it needs is not installed, or it fails.
        """
        self.versions = self._answer()["versions"]

    def turn(self, seconds: float) -> float:
        """Let it work for some CPU seconds.

        Returns:
            Its rate, work for each second of CPU time; or the figure that it measured itself.

        Raises:
            Gone: If it fails.
        """
        try:
            print(seconds, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise Gone(f"ended with exit code {self._process.wait()}") from None
        answer = self._answer()
        return answer["figure"] if "figure" in answer else answer["work"] / answer["seconds"]

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _answer(self) -> dict[str, Any]:
        stream = self._process.stdout
        line = stream.readline() if stream is not None else ""
        if not line:
            raise Gone(f"ended with exit code {self._process.wait()}")
        answer = json.loads(line)
        if "absent" in answer:
            raise Gone(f"not installed ({answer['absent']})", absent=True)
        if "failed" in answer:
            raise Gone(answer["failed"])
        return answer
