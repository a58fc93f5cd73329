"""The command `lifelong`: look at lives, live them, compare who lived them. `lifelong` alone says what there is.

Exit codes: 0 done, 1 some cell failed, 2 the command or the spec cannot be run (one line on standard error says why,
and nothing has been written), 130 interrupted (finished cells are kept).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from experiments import archive, commands
from experiments.load import SpecError, suggestion
from experiments.preview import preview

USAGE = """usage: lifelong COMMAND ...

  list                  lives, changes, agents and presets
  preview LIFE          print and draw the timeline of a life, with its hash
  run SPEC              live all cells of a spec (a preset or a YAML file) that have not been lived yet
  compare SPEC          run what is missing, then table, figures and summary.json
  report SPEC           compare, as one page with figures, tables and definitions
  pack SPEC             put finished cells into small files, to be kept or sent
  unpack SPEC           make cells of such files, so that compare goes on from there
  tune SPEC --agent A   try the settings of a grid on other seeds
  discover              search for local plasticity rules, and confirm what is found on other worlds
  bench cost [SPEC]     CPU time per environment step of each agent, in one run
  bench speed           worlds, learners and the brain beside others, in one run, taking turns
  bench worlds          what changes and lives cost, against the bare environments
  bench exact           our grid worlds beside MiniGrid's own, transition by transition
  bench faults          every kind of sensor fault on every base, for 100,000 random steps
  pages                 write the pages of the documentation that are made from the code

`lifelong COMMAND --help` lists the options; `lifelong run|compare|report SPEC --help` also every field of SPEC."""

COMMANDS = {
    "list": commands.list_all,
    "preview": preview,
    "run": commands.run,
    "compare": commands.compare,
    "report": commands.report,
    "pack": archive.pack,
    "unpack": archive.unpack,
    "tune": commands.tune,
    "discover": commands.discover,
    "bench": commands.bench,
    "pages": commands.pages,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; without one, that of this process.

    Returns:
        The exit code.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    before = _terminate_as_interrupt()
    try:
        if args[0] not in COMMANDS:
            near = suggestion(args[0], COMMANDS)
            raise SpecError(f"there is no command '{args[0]}'{near}; there are {', '.join(COMMANDS)}")
        return COMMANDS[args[0]](args[1:])
    except SpecError as error:
        print(f"lifelong: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lifelong: interrupted; finished cells are kept, the same command goes on from there", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:  # help
        return int(stop.code or 0)
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _terminate_as_interrupt():
    """Let SIGTERM end things as Ctrl-C does, and return the handler before; None off the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return None

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    return signal.signal(signal.SIGTERM, stop)
