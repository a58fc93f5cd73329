"""Data of dataclasses: to mappings and lists, strictly back again, and to the one JSON text that there is of them.

A class with a registry `kinds` (as `Change`, `Signal` and `Timeline`) is a tagged union: its mapping names a `kind`,
and the other keys are the fields of that kind. A new kind needs nothing here.
"""

from __future__ import annotations

import difflib
import json
import math
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

LATER = {"later": True}
"""Metadata of a field that came after data had been recorded: where it has its default, plain data does not say it, so
that what was recorded before is still the same."""


class SpecError(ValueError):
    """A spec that cannot be run; its message is one line: where, what was expected, what came, how to mend it."""


def plain(value: Any) -> Any:
    """Turn dataclasses into mappings (with their `kind` first, if they have one) and tuples into lists."""
    if is_dataclass(value) and not isinstance(value, type):
        kind = {"kind": value.kind} if _registry(type(value)) is not None else {}  # type: ignore[attr-defined]
        return kind | {item.name: plain(getattr(value, item.name)) for item in fields(value) if _said(item, value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _said(item: Field[Any], owner: Any) -> bool:
    """Tell whether plain data says a field."""
    return item.init and not ("later" in item.metadata and getattr(owner, item.name) == item.default)


def canonical(value: Any, where: str) -> str:
    """Write data as JSON, equal data as equal text on every machine: sorted keys, no spaces, ASCII.

    Whole numbers are written as integers, whatever their type; infinities as the text "Infinity" or "-Infinity".

    Args:
        value: Dataclasses, mappings, sequences, texts, numbers, truths and None.
        where: Begins error messages.

    Raises:
        TypeError: If something else is among them.
        ValueError: If a number is NaN.
    """
    exact = _exact(plain(value), where)
    return json.dumps(exact, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _exact(value: Any, where: str) -> Any:
    """Bring plain data to what JSON has."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{where}: keys are text; got {key!r}")
        return {key: _exact(item, f"{where}: {key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item, f"{where}[{k}]") for k, item in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            raise ValueError(f"{where}: a number is needed; got NaN")
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise TypeError(
        f"{where}: {value!r} of type {type(value).__name__} cannot be written as JSON; "
        "it takes numbers, texts, truths, lists and mappings"
    )


def read_json(text: str, where: str) -> Any:
    """Read JSON strictly.

    Raises:
        SpecError: If it is no JSON, says a key twice, or has numbers that JSON does not know (NaN).
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise SpecError(f"{where}: the key '{twice}' is said twice; keep one")
        return found

    def refuse(word: str) -> Any:
        raise SpecError(f"{where}: {word} is no number of JSON")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise SpecError(f"{where}: line {error.lineno}, column {error.colno}: not JSON ({error.msg})") from error


def suggestion(word: object, known: Iterable[str]) -> str:
    """Return ", did you mean '...'?" if something known is near to a word, else nothing."""
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f", did you mean '{near[0]}'?" if near else ""


def build(kind: Any, data: Any, where: str) -> Any:  # noqa: PLR0911  (a return a family of types)
    """Make a value of an annotated type out of plain data, without guessing.

    Args:
        kind: A type as in an annotation: a scalar, a tuple, a list, a mapping, a union, a literal or a dataclass.
        data: What YAML or JSON gave.
        where: The path to this value, for messages.

    Raises:
        SpecError: If the data is not of that type.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return _frozen(data)
    if origin in (Union, types.UnionType):
        return _union(arguments, data, where)
    if origin is Literal:
        if data not in arguments or isinstance(data, bool) != any(isinstance(one, bool) for one in arguments):
            words = [str(one) for one in arguments]
            raise SpecError(f"{where}: expected one of {', '.join(words)}; got {data!r}{suggestion(data, words)}")
        return data
    if origin is tuple or origin is list or kind in (tuple, list):
        return _sequence(origin or kind, arguments, data, where)
    if (origin is not None and issubclass(origin, Mapping)) or kind is dict:
        if not isinstance(data, dict):
            raise SpecError(f"{where}: expected a mapping; got {_shown(data)}")
        inner = arguments[1] if arguments else Any
        return {key: build(inner, value, f"{where}: {key}") for key, value in data.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind, data, where)
    return _scalar(kind, data, where)


def _frozen(data: Any) -> Any:
    """Turn lists into tuples, all the way down, where a field may hold anything."""
    if isinstance(data, list):
        return tuple(_frozen(item) for item in data)
    return {key: _frozen(item) for key, item in data.items()} if isinstance(data, dict) else data


def _scalar(kind: Any, data: Any, where: str) -> Any:
    """Accept exactly the asked type, except that a whole number is a fine float."""
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false", type(None): "nothing"}
    if kind is None:
        kind = type(None)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind is float and data in ("Infinity", "-Infinity"):
        return float(data)
    if kind not in names:
        raise TypeError(f"{where}: fields of type {kind!r} cannot be read; use scalars, tuples, dataclasses")
    if type(data) is not kind:
        raise SpecError(f"{where}: expected {names[kind]}; got {_shown(data)}")
    return data


def _sequence(origin: Any, arguments: tuple[Any, ...], data: Any, where: str) -> Any:
    """Make a tuple or a list, each element by its own type."""
    if not isinstance(data, list):
        raise SpecError(f"{where}: expected a list; got {_shown(data)}")
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        if len(data) != len(arguments):
            raise SpecError(f"{where}: expected {len(arguments)} values; got {len(data)}")
        inner: Iterable[Any] = arguments
    else:
        inner = [arguments[0] if arguments else Any] * len(data)
    return origin(build(one, item, f"{where}[{i}]") for i, (one, item) in enumerate(zip(inner, data, strict=True)))


def _union(choices: tuple[Any, ...], data: Any, where: str) -> Any:
    """Take the first choice that the data is; if one choice alone has the shape of the data, let that one complain."""
    complaints: list[str] = []
    for choice in choices:
        structured = is_dataclass(choice) or get_origin(choice) in (dict, Mapping)
        listed = get_origin(choice) in (tuple, list)
        if (structured and isinstance(data, dict)) or (listed and isinstance(data, list)):
            return build(choice, data, where)
        try:
            return build(choice, data, where)
        except SpecError as error:
            complaints.append(str(error).removeprefix(f"{where}: expected ").split("; got ")[0])
    raise SpecError(f"{where}: expected {' or '.join(complaints)}; got {_shown(data)}")


def _registry(kind: type) -> dict[str, type] | None:
    """Return the registry of a family of tagged dataclasses, None for a class that is in none."""
    kinds = getattr(kind, "kinds", None)
    return kinds if isinstance(kinds, dict) else None


def _dataclass(kind: type, data: Any, where: str) -> Any:
    """Make a dataclass, every key a field, every field without a default given."""
    if not isinstance(data, dict):
        raise SpecError(f"{where}: expected a mapping of {kind.__name__}'s fields; got {_shown(data)}")
    data = dict(data)
    registry = _registry(kind)
    if registry is not None:
        if "kind" not in data:
            raise SpecError(f"{where}: says no kind; add `kind:` with one of {', '.join(registry)}")
        name = data.pop("kind")
        if name not in registry:
            raise SpecError(
                f"{where}: kind: expected one of {', '.join(registry)}; got {name!r}{suggestion(name, registry)}"
            )
        kind = registry[name]
    known: dict[str, Field[Any]] = {item.name: item for item in fields(kind) if item.init}
    for key in data:
        if key not in known:
            raise SpecError(
                f"{where}: '{key}' is no field of {kind.__name__}{suggestion(key, known)} "
                f"(its fields: {', '.join(known) or 'none'})"
            )
    for item in known.values():
        if item.name not in data and item.default is MISSING and item.default_factory is MISSING:
            raise SpecError(f"{where}: '{item.name}' is missing; {kind.__name__} needs it")
    hints = get_type_hints(kind)
    values = {key: build(hints[key], value, f"{where}: {key}") for key, value in data.items()}
    try:
        return kind(**values)
    except SpecError:
        raise
    except (ValueError, TypeError) as error:
        raise SpecError(f"{where}: {' '.join(str(error).split())}") from error


def _shown(data: Any) -> str:
    """Say what came, briefly."""
    if data is None:
        return "nothing"
    if isinstance(data, dict):
        return f"a mapping with {', '.join(map(str, data)) or 'no keys'}"
    if isinstance(data, list):
        return f"a list of {len(data)}"
    names = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
    return f"{data!r} ({names.get(type(data), type(data).__name__)})"
