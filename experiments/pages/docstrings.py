"""What a class says about itself: its docstring, taken apart, and its fields with their defaults."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Told:
    """A docstring in Google's style, taken apart.

    Attributes:
        first: Its first line.
        body: What follows, without the sections below, as Markdown.
        source: Where it comes from; empty if it does not say.
        fields: Field -> what it means.
    """

    first: str
    body: str
    source: str
    fields: Mapping[str, str]


def told(thing: type | Callable[..., Any] | ModuleType) -> Told:
    """Take a docstring apart; fields that a class does not explain are looked up in its bases."""
    first, body, source, explained = _parts(inspect.getdoc(thing) or "")
    for base in thing.__mro__[1:] if isinstance(thing, type) else ():
        if base.__doc__ and base is not object:
            explained = _parts(inspect.cleandoc(base.__doc__))[3] | explained
    return Told(first, body, source, explained)


def _parts(text: str) -> tuple[str, str, str, dict[str, str]]:
    first, _, rest = text.partition("\n")
    rest, _, attributes = rest.partition("\nAttributes:\n")
    source = ""
    kept = []
    for paragraph in re.split(r"\n\s*\n", rest.strip()):
        flat = " ".join(paragraph.split())
        if flat.startswith("Source:"):
            source = flat.removeprefix("Source:").strip()
        elif flat:
            kept.append(paragraph if re.match(r"\s*[-*] ", paragraph) else flat)
    return markdown(first), "\n\n".join(map(markdown, kept)), markdown(source), _explained(attributes)


def _explained(attributes: str) -> dict[str, str]:
    explained: dict[str, str] = {}
    name = ""
    for line in attributes.splitlines():
        begins = re.match(r"^ {4}(\w+): (.*)$", line)
        if begins:
            name = begins[1]
            explained[name] = begins[2]
        elif name and line.startswith(" " * 8):
            explained[name] += " " + line.strip()
    return {name: markdown(text) for name, text in explained.items()}


def markdown(text: str) -> str:
    """Write reStructuredText's double backquotes, and our references in single ones, as Markdown does."""
    return text.replace("``", "`")


def default_of(kind: type, name: str) -> str:
    """Write the default of a field as specs say it; empty if it has none."""
    field = next(one for one in fields(kind) if one.name == name)
    if field.default is not MISSING:
        return spec_value(field.default)
    if field.default_factory is not MISSING:
        return spec_value(field.default_factory())
    return ""


def spec_value(value: Any) -> str:
    """Write a value as YAML has it, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(spec_value, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {spec_value(item)}" for key, item in value.items()) + "}"
    return '""' if value == "" else str(value)
