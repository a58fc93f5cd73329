"""What is compared with what, and the marks: "must" and "aim" come from measurements of prototypes and peers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["times", "cost", "least", "most"]
"""How a row is read:

- ``"times"``: our rate divided by the other's; more is better.
- ``"cost"``: the other's rate divided by ours, what a step costs against a bare one; less is better.
- ``"least"``: our figure itself, less is better.
- ``"most"``: our figure itself, more is better.
"""


@dataclass(frozen=True)
class Contender:
    """Who is measured.

    Attributes:
        target: ``module:function``, for peers ``file.py:function`` in ``peers/``; see `experiments.speed.worker`.
        arguments: Of the function, as JSON knows them.
        unit: What its figure is counted in.
        peer: Name of the distribution, if it is one that need not be installed.
    """

    target: str
    arguments: dict[str, Any] = field(default_factory=dict)
    unit: str = "steps/s"
    peer: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        work: What is done.
        ours: Name of our contender within the group.
        other: Name of the one it is compared with; None for a figure that stands alone.
        must: The mark that has to be reached; None for a row that is shown only.
        aim: The mark that is aimed at.
        kind: How it is read.
    """

    work: str
    ours: str
    other: str | None = None
    must: float | None = None
    aim: float | None = None
    kind: Kind = "times"


@dataclass(frozen=True)
class Group:
    """Contenders that take turns with each other, and the rows that are read off them.

    Attributes:
        name: What ``--rows`` calls it; groups that are asked for together share a name.
        contenders: Name -> contender.
        rows: The lines of the table.
        where: Tells groups of one name apart.
    """

    name: str
    contenders: dict[str, Contender]
    rows: tuple[Row, ...] = ()
    where: str = ""

    def key(self, contender: str) -> str:
        """Name one of the contenders among those of all groups."""
        return "/".join(part for part in (self.name, self.where, contender) if part)


SIZES = (1, 16, 256, 4096, 65536)
"""Numbers of worlds along the curve."""
NEURONS = (1024, 4096, 16_384, 65_536)
"""Numbers of neurons along the curve."""
OURS = "experiments.speed."


def grid(name: str, num_envs: int, engine: str = "numba") -> Contender:
    """Our batched worlds of a name."""
    return Contender(f"{OURS}worlds:ours", {"name": name, "num_envs": num_envs, "engine": engine})


def peer(package: str, **arguments: Any) -> Contender:
    """A peer's worlds."""
    return Contender(f"{package}_peer.py:steps", arguments, peer=package)


def _grid(name: str, engines: tuple[str, ...], must: float | None = None, aim: float | None = None) -> Group:
    """Our worlds against MiniGrid's own, alone and behind vectors of Python."""
    others = {
        "minigrid": Contender(f"{OURS}worlds:single", {"env_id": f"MiniGrid-{name}-v0"}),
        "SyncVectorEnv(64)": Contender(f"{OURS}worlds:sync", {"name": name, "num_envs": 64}),
        "DummyVecEnv(64)": Contender(f"{OURS}worlds:dummy", {"name": name, "num_envs": 64}),
    }
    work, (first, *rest) = f"{name}, 1,024 worlds", engines
    rows = [Row(work, first, other, must, aim) for other in others]
    rows += [Row(work, engine, "minigrid") for engine in rest]
    return Group("grid", {engine: grid(name, 1024, engine) for engine in engines} | others, tuple(rows), name)


def _peers(name: str, num_envs: int, **marks: tuple[float | None, float | None]) -> Group:
    """Our worlds against compiled ones of others."""
    others = {package: peer(package, name=name, num_envs=num_envs) for package in marks}
    rows = tuple(Row(f"{name}, {num_envs:,} worlds", "numba", package, *mark) for package, mark in marks.items())
    return Group("peers", {"numba": grid(name, num_envs), **others}, rows, name)


def _changes(base: str, title: str, names: tuple[str, ...]) -> Group:
    """Changed worlds against the same world unchanged."""
    every = {
        name: Contender(f"{OURS}changes:changed", {"base": base, "change": name, "num_envs": 1024})
        for name in ("none", *names)
    }
    rows = tuple(Row(f"a step of {title}, 1,024 worlds", name, "none", 1.15, 1.05, "cost") for name in names)
    return Group("changes", every, rows, base)


def _classic(body: str, vector: str) -> Group:
    """Bodies of classic control against Gymnasium's vector form and gymnax."""
    every = {
        name: Contender(f"{OURS}classic:steps", {"body": body, "num_envs": 1024, "engine": engine})
        for name, engine in (("numba", "numba"), (vector, vector))
    }
    every["gymnax"] = peer("gymnax", body=body, num_envs=1024)
    rows = tuple(Row(f"{body}, 1,024 bodies", "numba", other, 1.0, 1.5) for other in (vector, "gymnax"))
    return Group("classic", every, rows, body)


def _curve(num_envs: int) -> Group:
    """All engines at one number of worlds."""
    return Group("curves", {f"{engine} {num_envs}": grid("DoorKey-8x8", num_envs, engine) for engine in ENGINES})


REWIRED = "permute+flip+offset"
ENGINES = ("numba", "numpy", "torch")
FEW = {"n_steps": 32, "batch_size": 512, "n_epochs": 4, "num_envs": 64}
PPO = f"{OURS}learners:ppo"
GROUPS: tuple[Group, ...] = (
    _grid("DoorKey-8x8", ENGINES, 500.0, 1000.0),
    _grid("Empty-8x8", ENGINES[:1]),
    _grid("FourRooms", ENGINES[:1]),
    _peers("DoorKey-8x8", 1024, envpool=(25.0, 50.0), navix=(15.0, 30.0), xminigrid=(12.0, 25.0)),
    _peers("Empty-8x8", 1024, envpool=(None, None), navix=(None, None), xminigrid=(None, None)),
    _peers("FourRooms", 8192, envpool=(15.0, 40.0)),
    Group(
        "one",
        {
            "ours": Contender(f"{OURS}worlds:single", {"env_id": "lifelong/DoorKey-8x8-v0"}),
            "minigrid": Contender(f"{OURS}worlds:single", {"env_id": "MiniGrid-DoorKey-8x8-v0"}),
        },
        (Row("DoorKey-8x8, one world, gymnasium.make", "ours", "minigrid", 8.0, 20.0),),
    ),
    Group(
        "brain",
        {"the brain": Contender(f"{OURS}streams:brain_step", unit="us")},
        (Row("act and learn, 147 bits, 8,192 neurons", "the brain", None, 25.0, 10.0, "least"),),
    ),
    Group(
        "stream",
        {"the brain": Contender(f"{OURS}streams:sensors", unit="Hz")},
        (Row("512 dense sensors, one stream, learning", "the brain", None, 5000.0, 20_000.0, "most"),),
    ),
    Group(
        "loop",
        {
            "brain": Contender(f"{OURS}learners:brain"),
            "SB3 PPO": Contender(PPO, {"num_envs": 8}),
        },
        (Row("Empty-8x8, one life; PPO by its defaults", "brain", "SB3 PPO", 15.0, 40.0),),
    ),
    Group(
        "sb3",
        {
            "our worlds": Contender(PPO, {**FEW, "batched": True}),
            "DummyVecEnv": Contender(PPO, FEW),
        },
        (Row("Empty-8x8, SB3 PPO learning, 64 envs", "our worlds", "DummyVecEnv", 4.0, 6.0),),
    ),
    _classic("CartPole-v1", "gymnasium"),
    _classic("Acrobot-v1", "gymnasium-sync"),
    _changes("grid", "Empty-8x8 in bits", ("permute", "drop", "invert")),
    _changes("room", "room in bits", ("goal",)),
    _changes("cartpole", "CartPole", (REWIRED, "noise")),
    Group(
        "life",
        {
            "life": Contender(f"{OURS}changes:life", {"num_envs": 1024}),
            "bare": Contender(f"{OURS}changes:changed", {"base": "grid", "change": "none", "num_envs": 1024}),
        },
        (Row("a step of a life of Empty-8x8 in bits, 1,024 bodies", "life", "bare", kind="cost"),),
    ),
    *(_curve(num_envs) for num_envs in SIZES),
    Group(
        "neurons",
        {
            f"{what} {neurons}": Contender(f"{OURS}streams:{function}", {"neurons": neurons}, "us")
            for neurons in NEURONS
            for what, function in (("act", "acting"), ("learn", "learning"))
        },
    ),
)
"""Everything that is measured, in the order in which it is."""
