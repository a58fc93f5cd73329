"""Strict YAML to experiments: every mistake is one line that says where, what was expected and what came.

What YAML gives becomes dataclasses by their annotations (`envs.plain`); a class with a registry `kinds` (as `Change`,
`Timeline` and `AgentSpec`) is a tagged union, and a new kind needs nothing here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

import agents  # noqa: F401  (registers the kinds of agents)
from envs import LIVES, Schedule, make_life
from envs.plain import SpecError, build, plain, suggestion
from experiments.spec import Experiment

PRESETS = Path(__file__).parent / "presets"


def presets() -> dict[str, Path]:
    """Return the shipped experiments, name -> file."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.yaml"))}


def load(source: str | Path) -> Experiment:
    """Read an experiment.

    Args:
        source: The name of a shipped preset (`lifelong list`), or the path of a YAML file.

    Raises:
        SpecError: If there is no such preset or file, or it says something that cannot be run.
    """
    return parse(_text(source), str(source))


def load_life(source: str | Path) -> Schedule:
    """Read a life: a named one, that of an experiment, or one that is written out in a file alone.

    Args:
        source: The name of a life or of a shipped preset (`lifelong list`), or the path of a YAML or JSON file.

    Raises:
        SpecError: If there is nothing of that name, or it says something that cannot be lived.
    """
    if source in LIVES:
        return make_life(str(source))
    data = read(_text(source), str(source))
    alone = isinstance(data, dict) and "tasks" in data
    return build(Schedule, data, str(source)) if alone else build(Experiment, data, str(source)).schedule


def _text(source: str | Path) -> str:
    """Read the text of a preset or a file."""
    path = Path(source)
    if str(source) in presets():
        path = presets()[str(source)]
    elif not path.is_file():
        near = suggestion(path.stem, presets())
        raise SpecError(
            f"'{source}' is neither a file nor a preset{near}; the presets are {', '.join(presets())}"
            if not path.is_dir()
            else f"'{source}' is a folder; name a YAML file in it"
        )
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{source}: cannot be read as text ({error})") from error


def parse(text: str, where: str = "spec") -> Experiment:
    """Read an experiment from YAML text; `where` begins its error messages.

    Raises:
        SpecError: If the text is no experiment that can be run.
    """
    return build(Experiment, read(text, where), where)


def dump(spec: Experiment) -> str:
    """Write an experiment as YAML, every field said; `parse(dump(spec)) == spec`."""
    return yaml.safe_dump(plain(spec), sort_keys=False, allow_unicode=True)


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key said twice and reads 1e-3 as a number, as everyone who writes it means it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping of text keys, each said once."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"keys are text, got {key!r}", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' is said twice; keep one", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def read(text: str, where: str) -> Any:
    """Read one YAML document strictly.

    Raises:
        SpecError: If it is no YAML, or says a key twice.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SpecError(f"{where}:{place}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{where}: not YAML ({' '.join(str(error).split())})") from error
