"""Strict YAML: what fits comes back equal, what does not ends in one line that says how to mend it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agents import AgentSpec, PPOSpec, RandomSpec
from envs import LIVES, Noise, Permute, Schedule, Signal, Task
from envs.when import Memoryless, OrnsteinUhlenbeck, Sinusoid, Uniform, Window
from experiments.cells import differences, fingerprint
from experiments.load import SpecError, build, dump, load, parse, plain, presets, read
from experiments.spec import ExamPlan, Experiment
from experiments.tune import GRIDS, combinations, read_grid, vary
from tests.envs.signals import signals
from tests.experiments.stand_ins import TINY, tiny

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
agents = st.one_of(
    st.just(RandomSpec()),
    st.builds(
        PPOSpec,
        learning_rate=st.floats(1e-6, 1.0),
        n_epochs=st.integers(1, 20),
        policy_widths=st.lists(st.integers(1, 512), min_size=1, max_size=3).map(tuple),
        target_kl=st.none() | st.floats(0.01, 1.0),
        activation=st.sampled_from(["tanh", "relu"]),
        normalize_rewards=st.booleans(),
    ),
)
changes = st.lists(st.builds(Permute, flip=st.booleans(), offset=st.floats(0, 3)), max_size=2).map(tuple)
tasks = st.lists(names, min_size=1, max_size=4, unique=True).flatmap(
    lambda words: st.tuples(*(st.builds(Task, st.just(word), st.just("CartPole-v1"), changes) for word in words))
)
schedules = st.builds(Schedule, tasks, steps=st.integers(1, 50).map(lambda n: 8 * n), cycles=st.integers(1, 3))
specs = st.builds(
    Experiment,
    name=names,
    life=st.sampled_from(sorted(LIVES)) | schedules,
    agents=st.dictionaries(names, agents, min_size=1, max_size=3),
    seeds=st.lists(st.integers(0, 10**6), min_size=1, max_size=4, unique=True).map(tuple),
    num_envs=st.sampled_from([1, 2, 4, 8]),
    exams=st.builds(ExamPlan, every=st.just("visit") | st.integers(0, 1000), num_envs=st.integers(1, 9)),
    vitals_every=st.integers(0, 5000),
)


@given(specs)
def test_what_is_dumped_is_loaded_again(spec):
    assert parse(dump(spec)) == spec


@pytest.mark.parametrize("name", sorted(presets()))
def test_presets_load_and_are_named_as_their_files(name):
    spec = load(name)
    assert spec.name == name
    assert parse(dump(spec)) == spec


def test_the_specs_of_the_documentation_load():
    page = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text()
    named, *written_out = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    spec = parse(named, "docs")
    assert spec.life == "cartpole_worlds"
    steps = [parse(re.sub("life: .*\n", life, named), "docs").steps for life in written_out]
    assert steps == [120_000, 400_000, 120_000]


def test_shipped_grids_fit_their_agents():
    paths = list(GRIDS.glob("*.yaml"))
    assert {path.stem for path in paths} >= {"ppo", "ppo.cartpole", "ppo_cbp", "ppo_cbp.cartpole"}
    labels = {label: agent for preset in presets() for label, agent in load(preset).agents.items()}
    for path in paths:
        name = path.stem.split(".")[0]
        agent = AgentSpec.kinds[name]() if name in AgentSpec.kinds else labels[name]
        for change in combinations(read_grid(path)):
            vary(agent, change, str(path))


def test_a_list_of_grids_is_lived_one_after_the_other(tmp_path):
    path = tmp_path / "grids.yaml"
    path.write_text("- {learning_rate: [1, 2], ent_coef: [0]}\n- {n_epochs: [5]}\n")
    changes = list(combinations(read_grid(path)))
    assert changes == [{"learning_rate": 1, "ent_coef": 0}, {"learning_rate": 2, "ent_coef": 0}, {"n_epochs": 5}]


@pytest.mark.parametrize("text", ["[]", "3", "- learning_rate: 3", "- {learning_rate: []}", "- 5", "{}"])
def test_what_is_no_grid_is_refused(tmp_path, text):
    path = tmp_path / "grids.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match="expected fields with lists of values"):
        read_grid(path)


def test_an_inline_life_is_read_through_the_registry_of_changes():
    schedule = tiny().schedule
    assert schedule.tasks[1].changes == (Permute(),)
    assert (schedule.steps, schedule.cycles) == (400, 2)


BAD = {
    "unknown kind of agent": ("kind: random", "kind: randon", "tiny: agents: dice: kind: expected one of", "'random'?"),
    "no kind": ("{kind: random}", "{}", "tiny: agents: dice: says no kind", "random"),
    "unknown kind of change": (
        "kind: permute",
        "kind: permut",
        "tiny: life: tasks[1]: changes[0]: kind:",
        "'permute'?",
    ),
    "typo in a field": ("num_envs: 4", "num_env: 4", "tiny: 'num_env' is no field of Experiment", "'num_envs'?"),
    "typo in a nested field": ("max_steps: 60", "max_step: 60", "tiny: exams: 'max_step' is no field", "'max_steps'?"),
    "field of another agent": ("kind: random", "kind: random, gamma: 1", "'gamma' is no field of RandomSpec", "none"),
    "text for a number": (
        "num_envs: 4",
        "num_envs: four",
        "tiny: num_envs: expected a whole number; got 'four'",
        "text",
    ),
    "a float for an integer": ("num_envs: 4", "num_envs: 4.5", "tiny: num_envs: expected a whole number; got 4.5", ""),
    "a truth for an integer": (
        "num_envs: 4",
        "num_envs: true",
        "tiny: num_envs: expected a whole number; got True",
        "",
    ),
    "a number for a list": ("seeds: [0, 1]", "seeds: 3", "tiny: seeds: expected a list; got 3", "whole number"),
    "a list for a mapping": (
        "{dice: {kind: random}}",
        "[random]",
        "tiny: agents: expected a mapping; got a list of 1",
        "",
    ),
    "a wrong literal": ("{num_envs: 3", "{every: visits, num_envs: 3", "tiny: exams: every: expected", "'visits'"),
    "nothing where something is needed": (
        "steps: 400",
        "steps:",
        "tiny: life: steps: expected a whole number",
        "nothing",
    ),
    "a missing field": ("  steps: 400\n", "", "tiny: life: 'steps' is missing; Schedule needs it", ""),
    "an impossible schedule": ("steps: 400", "steps: 0", "tiny: life: Schedule.steps is at least 1; got 0", ""),
    "two tasks of one name": ("name: wired", "name: plain", "tiny: life: task names tell worlds apart", "'plain'"),
    "steps that do not divide": ("num_envs: 4", "num_envs: 3", "a life of 1600 steps cannot be shared equally", "1599"),
    "a life too short": ("num_envs: 4", "num_envs: 4\nmax_steps: 9999", "max_steps lies in 1..1600", "9999"),
    "an unknown life": (
        TINY[TINY.index("life:") : TINY.index("agents:")],
        "life: cartpole_world\n",
        "'cartpole_worlds'",
        "tiny:",
    ),
    "seeds said twice": ("seeds: [0, 1]", "seeds: [1, 1]", "seeds are one or more different integers", "[1, 1]"),
    "no agents": ("{dice: {kind: random}}", "{}", "an experiment needs at least one agent", ""),
    "a label that is no folder": ("{dice:", "{../dice:", "the label '../dice' becomes a folder", "letters"),
    "a reference to no task": (
        "num_envs: 4",
        "num_envs: 4\nreference: {wide: 3}",
        "reference names ['wide']",
        "'wired'",
    ),
    "a key said twice": ("num_envs: 4", "num_envs: 4\nnum_envs: 8", "the key 'num_envs' is said twice", "line 12"),
    "no YAML": ("seeds: [0, 1]", "seeds: [0, 1", "tiny: line", "expected"),
    "a setting out of range": ("kind: random", "kind: ppo, gamma: 3", "tiny: agents: dice:", "gamma"),
}


def bad(case: str) -> str:
    old, new, *_ = BAD[case]
    assert TINY.count(old) == 1, "the case would not change what it means to"
    return TINY.replace(old, new)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_spec_is_one_line_that_says_where_and_how(case):
    with pytest.raises(SpecError) as caught:
        parse(bad(case), "tiny")
    message = str(caught.value)
    assert "\n" not in message
    for words in BAD[case][2:]:
        assert words in message


def test_text_that_is_no_mapping_is_refused():
    with pytest.raises(SpecError, match="expected a mapping of Experiment's fields; got 'hello'"):
        parse("hello", "tiny")
    with pytest.raises(SpecError, match="got nothing"):
        parse("", "tiny")


def test_missing_files_name_near_presets(tmp_path):
    with pytest.raises(
        SpecError, match="'cartpole_world' is neither a file nor a preset, did you mean 'cartpole_worlds'"
    ):
        load("cartpole_world")
    with pytest.raises(SpecError, match="is a folder"):
        load(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="cannot be read as text"):
        load(tmp_path / "bytes.yaml")


@dataclass(frozen=True)
class Shapes:
    """Every kind of field there may be."""

    pair: tuple[int, str] = (1, "a")
    many: tuple[float, ...] = ()
    either: float | tuple[float, ...] | None = None
    anything: Any = None
    named: dict[str, int] | None = None


@pytest.mark.parametrize(
    ("data", "made"),
    [
        ({"pair": [2, "b"]}, Shapes(pair=(2, "b"))),
        ({"many": [1, 2.5]}, Shapes(many=(1.0, 2.5))),
        ({"either": [1]}, Shapes(either=(1.0,))),
        ({"either": 3}, Shapes(either=3.0)),
        ({"either": None}, Shapes()),
        ({"anything": {"a": [1, [2]]}}, Shapes(anything={"a": (1, (2,))})),
        ({"named": {"a": 1}}, Shapes(named={"a": 1})),
    ],
)
def test_types_are_read_by_their_annotations(data, made):
    assert build(Shapes, data, "shapes") == made


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"pair": [2]}, "shapes: pair: expected 2 values; got 1"),
        ({"pair": [2, 3]}, r"shapes: pair\[1\]: expected text; got 3"),
        ({"either": "x"}, "shapes: either: expected a number or a list or nothing; got 'x'"),
        ({"either": ["x"]}, r"shapes: either\[0\]: expected a number"),
        ({"named": {"a": "b"}}, "shapes: named: a: expected a whole number"),
    ],
)
def test_types_that_do_not_fit_are_told_by_their_path(data, words):
    with pytest.raises(SpecError, match=words):
        build(Shapes, data, "shapes")


@given(signals)
def test_signals_and_paces_are_dumped_and_loaded_again(signal):
    text = yaml.safe_dump(plain(signal))
    assert build(float | Signal, read(text, "signal"), "signal") == signal


def test_the_signals_of_the_documentation_load():
    page = (Path(__file__).parents[2] / "docs" / "when.md").read_text()
    light, gravity = (
        build(Signal, read(text, "docs"), "docs") for text in re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    )
    day = Sinusoid(24_000, mean=0.5, amplitude=0.3)
    weather = OrnsteinUhlenbeck(0.0, 0.1, 1 / 500, every=10)
    assert light == ((day + weather) * (1 - Window(90_000, 95_000))).clip(0.0, 1.0).hold(5)
    assert gravity == Uniform(5, 15, every=Memoryless(20_000))


WAVY = TINY.replace(
    "changes: [{kind: permute}]",
    "changes: [{kind: noise, when: {kind: clipped, low: 0, high: 1, of: {kind: sum, parts: [0.5, {kind: sinusoid, "
    "period: 300}, {kind: uniform, low: 0, high: 1, every: {kind: memoryless, mean: 50}}]}}}]",
)


def test_a_change_takes_signals_where_it_takes_numbers():
    spec = parse(WAVY, "tiny")
    wavy = (0.5 + Sinusoid(300) + Uniform(0, 1, every=Memoryless(50))).clip(0, 1)
    assert spec.schedule.tasks[1].changes == (Noise(when=wavy),)
    assert parse(dump(spec), "tiny") == spec
    plainly = parse(TINY.replace("{kind: permute}", "{kind: noise, when: 1}"), "tiny")
    assert plainly.schedule.tasks[1].changes == (Noise(),)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: sinusoid", "kind: sinusoide", "when: of: parts[1]: kind: expected one of constant, steps, "),
        ("kind: sinusoid", "kind: sinusoide", "got 'sinusoide', did you mean 'sinusoid'?"),
        ("kind: memoryless", "kind: memory", "parts[2]: every: kind: expected one of periodic, "),
        ("kind: sinusoid, ", "", "when: of: parts[1]: says no kind; add `kind:` with one of constant, steps, "),
        ("period: 300", "periode: 300", "parts[1]: 'periode' is no field of Sinusoid, did you mean 'period'?"),
        (
            "period: 300",
            "period: 0",
            "parts[1]: Sinusoid.period is a period in life steps, finite and at least 1; got 0",
        ),
        ("mean: 50", "mean: often", "parts[2]: every: mean: expected a number; got 'often' (text)"),
        (
            "{kind: memoryless, mean: 50}",
            "often",
            "every: expected a whole number or a mapping of Pace's fields or nothing; got 'often'",
        ),
        (
            "{kind: memoryless, mean: 50}",
            "0",
            "parts[2]: Uniform.every is a number of life steps or a pace, at least 1",
        ),
        ("high: 1, of", "high: 2, of", "changes[0]: Noise.when is a strength, from 0 to 1; got Clipped"),
    ],
)
def test_what_is_wrong_in_a_signal_is_told_by_its_path(old, new, words):
    assert WAVY.count(old) == 1
    with pytest.raises(SpecError, match=re.escape("tiny: life: tasks[1]: changes[0]: ")) as caught:
        parse(WAVY.replace(old, new), "tiny")
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_numbers_may_be_written_with_an_exponent():
    spec = parse(TINY.replace("kind: random", "kind: ppo, learning_rate: 1e-3"))
    assert spec.agents["dice"].learning_rate == 0.001  # type: ignore[attr-defined]


def test_exam_ages_are_birth_the_ends_of_visits_and_the_end_of_life():
    visits = tiny().visits
    assert ExamPlan().ages(visits) == (0, 400, 800, 1200, 1600)
    assert ExamPlan(every=600).ages(visits) == (0, 600, 1200, 1600)
    assert ExamPlan(every=0).ages(visits) == ()


def test_a_shortened_life_cuts_its_last_visit():
    spec = parse(TINY + "max_steps: 500\n")
    assert [(visit.task, visit.start, visit.stop) for visit in spec.visits] == [(0, 0, 400), (1, 400, 500)]
    assert spec.steps == 500


def test_a_fingerprint_goes_by_content_and_not_by_order():
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    assert fingerprint({"a": 1}) == "015abd7f5cc57a2d", "the fingerprint of kept results must never change"


def test_differences_are_told_by_path():
    was, now = {"agent": {"lr": 1, "x": 0}, "steps": 5}, {"agent": {"lr": 2, "x": 0}, "steps": 5, "new": 1}
    assert differences(was, now) == 'agent.lr was 1, is 2; new was "absent", is 1'
