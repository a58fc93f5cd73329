"""Timelines: what follows from them, by hand and by property, and what cannot be lived."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs import (
    Change,
    LifelongVectorEnv,
    Linear,
    Markov,
    Noise,
    Permute,
    Rounds,
    Schedule,
    Shuffled,
    Signal,
    Stage,
    Stages,
    Storm,
    Task,
    Timeline,
    Visit,
)
from envs.plain import build, canonical, read_json

TASKS = tuple(Task(name, "CartPole-v1") for name in ("calm", "storm", "night"))
A, B, C = "calm", "storm", "night"

counts = {"slots": st.integers(1, 5), "seed": st.integers(0, 9)}


def stage_lists(unique: bool) -> st.SearchStrategy[tuple[Stage, ...]]:
    """Stages of the three tasks, none twice in a row, with and without gradual switches."""
    tasks = st.lists(st.sampled_from((A, B, C, 0, 1, 2)), min_size=2, max_size=3 if unique else 6)

    def place(task: str | int) -> int:
        return task if isinstance(task, int) else (A, B, C).index(task)

    def fits(found: list) -> bool:
        places = [place(task) for task in found]
        if unique:
            return len(set(places)) == len(places)
        return all(one != two for one, two in zip(places, [*places[1:], places[0]], strict=True))

    lengths = st.tuples(st.integers(5, 40), st.sampled_from((0, 0, 5)))
    return (
        tasks.filter(fits)
        .flatmap(lambda found: st.tuples(*(st.tuples(st.just(task), lengths) for task in found)))
        .map(lambda found: tuple(Stage(task, steps, blend) for task, (steps, blend) in found))
    )


timelines = st.one_of(
    st.builds(Rounds, st.integers(5, 40), st.integers(1, 4), blend=st.sampled_from((0, 5)), **counts),
    st.builds(Stages, stage_lists(False), st.integers(1, 3), **counts),
    st.builds(Shuffled, stage_lists(True), st.integers(1, 4), **counts),
    st.builds(
        Markov,
        st.integers(50, 600),
        st.floats(8, 60),
        first=st.sampled_from((A, 2)),
        shortest=st.integers(5, 8),
        blend=st.sampled_from((0, 5)),
        **counts,
    ),
)
lives = st.builds(
    lambda timeline, over: Schedule(TASKS, timeline=timeline, over=over),
    timelines,
    st.sampled_from(((), (Storm(),), (Noise(when=Linear(0.0, 1.0, 300)), Storm(calm=20)))),
)


@given(lives)
def test_visits_and_stays_partition_the_life(life: Schedule):
    for parts in (life.visits, life.stays):
        assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
        assert all(part.start < part.stop for part in parts)
        assert parts[-1].stop == life.total


@given(lives)
def test_what_is_lived_at_an_age_is_what_its_visit_says(life: Schedule):
    for index, visit in enumerate(life.visits):
        for age in (visit.start, visit.stop - 1):
            assert (life.visit_at(age), life.task_at(age)) == (index, visit.task)
        assert life.leave_at(index) == (visit.stop if index + 1 < len(life.visits) else float("inf"))
    assert life.task_at(life.total + 7) == life.visits[-1].task


@given(lives)
def test_no_world_follows_itself(life: Schedule):
    for parts in (life.visits, life.stays):
        assert all(one.task != two.task for one, two in pairwise(parts))


@given(lives)
def test_a_switch_is_gradual_for_its_blend_and_no_longer(life: Schedule):
    assert life.stays[0].blend == 0
    for before, stay in pairwise(life.stays):
        lived = {life.task_at(age) for age in range(stay.start, stay.start + stay.blend)}
        assert lived <= {before.task, stay.task}
        assert {life.task_at(age) for age in range(stay.start + stay.blend, stay.stop)} <= {stay.task}


@given(lives)
def test_json_gives_back_the_life_and_its_hash(life: Schedule):
    again = Schedule.from_json(life.to_json())
    assert again == life
    assert (again.hash, again.visits, again.to_json()) == (life.hash, life.visits, life.to_json())
    json.loads(life.to_json(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@given(lives, lives)
@settings(max_examples=200)
def test_hashes_are_equal_if_and_only_if_lives_are(one: Schedule, two: Schedule):
    assert (one.hash == two.hash) == (one == two)


def test_a_whole_number_is_the_same_life_however_it_is_typed():
    one, two = (Schedule(TASKS, 10, over=(Storm(calm=calm),)) for calm in (20, 20.0))
    assert one == two and one.hash == two.hash


@pytest.mark.parametrize("family", [Change, Signal])
def test_all_kinds_of_changes_and_signals_survive_json(family: type[Change] | type[Signal]):
    for kind, cls in family.kinds.items():
        for example in cls.examples() if cls.__module__.startswith("envs.") else ():
            assert build(family, read_json(canonical(example, kind), kind), kind) == example


GOLDEN = {
    "rounds": (Schedule(TASKS, 20_000, 3), "f27313d6933adcef"),
    "stages": (Schedule(TASKS, timeline=(Stage(A, 20_000), Stage(B, blend=5_000)), cycles=3), "9bfc924130aa305e"),
    "shuffled": (
        Schedule(TASKS, timeline=Shuffled((Stage(A, 900), Stage(B), Stage(C)), 4, seed=1)),
        "e3bd92f1a80d93ad",
    ),
    "markov": (Schedule(TASKS, timeline=Markov(100_000, 9_000, shortest=800, blend=500, seed=3)), "f74685f31b17dd2e"),
    "over": (Schedule((TASKS[0] | Permute(offset=0.1),), 70, over=(Permute(),)), "3337951b7f056a24"),
}
LIVED = {
    "stages": [(1, 21000), (0, 21500), (1, 22500), (0, 23000), (1, 23500), (0, 40000)],
    "shuffled": [(0, 900), (1, 1800), (2, 2700), (1, 3600), (0, 4500), (1, 5400)],
    "markov": [(2, 1168), (0, 1218), (2, 1268), (0, 1976), (2, 2026), (0, 2326)],
}


@pytest.mark.parametrize("name", GOLDEN)
def test_hashes_never_change(name: str):
    life, told = GOLDEN[name]
    assert life.hash == told, "lives that were recorded under this hash would be lost"


@pytest.mark.parametrize("name", LIVED)
def test_the_same_spec_is_the_same_life_for_ever(name: str):
    assert [(visit.task, visit.start) for visit in GOLDEN[name][0].visits][1:7] == LIVED[name]


def test_a_hash_is_that_of_another_process():
    code = f"from envs import Schedule; print(Schedule.from_json({GOLDEN['markov'][0].to_json()!r}).hash)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == GOLDEN["markov"][1]


def test_rounds_are_what_steps_cycles_and_order_say():
    short = Schedule(TASKS, 30, 2, (2, 0))
    assert Schedule(TASKS, timeline=Rounds(30, 2, (C, 0))).visits == short.visits
    assert [(stay.task, stay.start, stay.stop) for stay in short.stays] == [
        (2, 0, 30),
        (0, 30, 60),
        (2, 60, 90),
        (0, 90, 120),
    ]


def test_stages_by_hand():
    life = Schedule(TASKS, timeline=(Stage(A, 10), Stage(2, 5), Stage(B)), cycles=2)
    assert life.timeline == Stages((Stage(A, 10, 0), Stage(2, 5, 0), Stage(B, 5, 0)), 2)
    assert life.visits[:4] == (Visit(0, 0, 10), Visit(2, 10, 15), Visit(1, 15, 20), Visit(0, 20, 30))
    assert life.total == 40


def test_the_share_of_the_new_world_rises_linearly_over_a_blend():
    share = np.zeros(400)
    for seed in range(600):
        line = Stages((Stage(A, 400), Stage(B, 400, blend=400)), slots=20, seed=seed)
        life = Schedule(TASKS, timeline=line)
        share += [life.task_at(age) for age in range(400, 800)]
    slots = (share / 600).reshape(20, 20)
    assert (slots == slots[:, :1]).all(), "a slot is spent in one world"
    np.testing.assert_allclose(slots[:, 0], (np.arange(20) + 0.5) / 20, atol=0.08)


def test_what_is_drawn_for_one_switch_does_not_depend_on_the_others():
    def tail(first_blend: int) -> list[int]:
        line = Stages((Stage(A, 50), Stage(B, 50, first_blend), Stage(C, 50, 50)), slots=10, seed=4)
        life = Schedule(TASKS, timeline=line)
        return [life.task_at(age) for age in range(100, 150)]

    assert tail(0) == tail(50)


def test_every_cycle_of_a_shuffle_has_each_task_once_in_orders_that_differ():
    life = Schedule(TASKS, timeline=Shuffled((Stage(A, 10), Stage(B, 20), Stage(C, 30)), cycles=60, seed=5))
    cycles = [tuple(stay.task for stay in life.stays[k : k + 3]) for k in range(0, 180, 3)]
    assert all(sorted(cycle) == [0, 1, 2] for cycle in cycles)
    assert len(set(cycles)) == 6
    assert {(stay.task, stay.stop - stay.start) for stay in life.stays} == {(0, 10), (1, 20), (2, 30)}


def test_markov_stays_are_geometric_and_follow_their_matrix():
    chances = ((0.0, 0.9, 0.1), (0.5, 0.0, 0.5), (1.0, 0.0, 0.0))
    stays = Markov(400_000, 50, chances, seed=2).stays((A, B, C))[:-1]
    lengths = np.array([stay.stop - stay.start for stay in stays])
    assert len(stays) > 7_000
    assert abs(lengths.mean() - 50) < 2.5 and abs(lengths.std() - 49.5) < 3 and lengths.min() == 1
    # Without memory: of stays that have lasted 50 steps, what is left is as long as a whole one.
    assert abs((lengths[lengths > 50] - 50).mean() - 50) < 4
    counts = np.zeros((3, 3))
    for one, two in pairwise(stays):
        counts[one.task, two.task] += 1
    np.testing.assert_allclose(counts / counts.sum(axis=1, keepdims=True), chances, atol=0.03)


def test_markov_keeps_the_shortest_stay_and_the_mean():
    stays = Markov(400_000, 50, shortest=30, seed=2).stays((A, B, C))
    lengths = np.array([stay.stop - stay.start for stay in stays])
    assert lengths.min() == 30 and abs(lengths[:-1].mean() - 50) < 2
    assert stays[-1].stop == 400_000


def test_another_seed_is_another_order():
    line = Markov(1000, 50, seed=1)
    assert line.visits((A, B, C)) == Markov(1000, 50, seed=1).visits((A, B, C))
    assert line.visits((A, B, C)) != replace(line, seed=2).visits((A, B, C))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Stage(A), ValueError, r"stages\[0\] says no steps, and there is no stage before it"),
        (lambda: (Stage(A, -5),), ValueError, r"stages\[0\]\.steps is at least 1; got -5"),
        (lambda: (Stage(A, 5.0),), TypeError, r"steps is an integer; got 5\.0"),  # pyright: ignore[reportArgumentType]
        (lambda: (Stage(A, 50), Stage(B, blend=-1)), ValueError, r"stages\[1\]\.blend is at least 0; got -1"),
        (lambda: (Stage(A, 50), Stage(B, 20, 30)), ValueError, "lasts 20 steps, fewer than its blend of 30"),
        (lambda: (Stage(A, 50), Stage(B, 20, 5)), ValueError, "a blend of 5 steps, fewer than its 10 slots"),
        (lambda: (Stage(A, 50), Stage(A, 20, 15)), ValueError, "from age 50 on blends a world into itself"),
        (lambda: (Stage(A, 50), Stage("strom")), ValueError, r"\[1\]: no task is called 'strom', did you mean 'storm'"),
        (lambda: (Stage(A, 50), Stage(3)), ValueError, "indices of tasks go from 0 to 2; got 3"),
        (lambda: (Stage(A, 50), Stage(True)), TypeError, "a task is named, or given by its index; got True"),
        (tuple, ValueError, r"stages is empty; a life needs at least one"),
        (lambda: Shuffled(()), ValueError, "stages is empty"),
        (lambda: Shuffled((Stage(A, 5), Stage(0))), ValueError, "visits each task once; 'calm' is named twice"),
        (lambda: Rounds(0), ValueError, r"Rounds\.steps is at least 1; got 0"),
        (lambda: Rounds(10, blend=11), ValueError, "fewer than its blend of 11"),
        (
            lambda: Rounds(10, order=("night", "clam")),
            ValueError,
            r"order\[1\]: no task is called 'clam', did you",
        ),
        (lambda: Rounds(10, slots=0), ValueError, r"Rounds\.slots is at least 1; got 0"),
        (lambda: Rounds(10, seed=-1), ValueError, r"Rounds\.seed is at least 0; got -1"),
        (lambda: Markov(0, 5), ValueError, r"Markov\.total is at least 1; got 0"),
        (lambda: Markov(5, 9, shortest=6), ValueError, "total is at least shortest=6; got 5"),
        (lambda: Markov(50, 0.5), ValueError, "dwell is a mean length in steps, finite and at least 1; got 0.5"),
        (lambda: Markov(50, "9"), TypeError, "dwell is a number of steps; got '9'"),  # pyright: ignore[reportArgumentType]
        (lambda: Markov(50, 9, shortest=4, blend=5), ValueError, "blend is at most shortest=4"),
        (lambda: Markov(50, 9, ((0, 1), (1, 0))), ValueError, "has 2 rows, but there are 3 tasks: calm, storm, night"),
        (lambda: Markov(50, 9, ((0, 1), (1,))), ValueError, r"transitions\[1\] has 1 probabilities"),
        (lambda: Markov(50, 9, ((0, 0.9), (1, 0))), ValueError, r"transitions\[0\] adds up to 1; .* up to 0\.9"),
        (lambda: Markov(50, 9, ((0, 2), (1, 0))), ValueError, r"transitions\[0\] holds probabilities"),
        (lambda: Markov(50, 9, ((0.5, 0.5), (1, 0))), ValueError, r"transitions\[0\]\[0\] is 0, for a switch leads"),
        (lambda: Markov(50, 9, first="clam"), ValueError, r"Markov\.first: no task is called 'clam'"),
        (lambda: "markov", TypeError, "one of markov, rounds, shuffled, stages, or a tuple of Stage; got 'markov'"),
    ],
)
def test_what_cannot_be_lived_is_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        made = make()
        Schedule(TASKS, timeline=(made,) if isinstance(made, Stage) else made)


def test_markov_needs_somewhere_to_go():
    with pytest.raises(ValueError, match="needs at least 2 tasks; got calm"):
        Schedule(TASKS[:1], timeline=Markov(50, 9))


def test_a_timeline_alone_says_what_is_lived_when():
    for rest in ({"steps": 5}, {"order": (1,)}, {"cycles": 2}):
        with pytest.raises(ValueError, match=f"has a timeline.*leave {next(iter(rest))} out"):
            Schedule(TASKS, timeline=Rounds(5), **rest)  # pyright: ignore[reportArgumentType]


def test_a_kind_belongs_to_one_class():
    with pytest.raises(TypeError, match=r"kind 'markov' belongs to envs\.timeline\.markov\.Markov"):

        class Chain(Timeline, kind="markov"):
            pass


def test_a_life_in_one_of_its_worlds_forgets_the_timeline():
    life = Schedule(TASKS, timeline=Markov(1000, 90, seed=1), over=(Storm(),))
    assert life.only(1).visits == (Visit(1, 0, 1000),)
    assert life.only("night", 40).visits == (Visit(2, 0, 40),)
    assert life.only(1).over == life.over
    with pytest.raises(ValueError, match="no task is called 'nihgt', did you mean 'night'"):
        life.only("nihgt")


def test_more_bodies_than_steps_of_a_visit_are_refused_with_the_visit():
    life = Schedule(TASKS, timeline=(Stage(A, 50), Stage(B, 6), Stage(C, 20)))
    assert LifelongVectorEnv(life, 6).num_envs == 6
    with pytest.raises(ValueError, match=r"1 and the 6 steps.*got 7 \(visit 1, from age 50 on, is the shortest"):
        LifelongVectorEnv(life, 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "life: line 1, column 2: not JSON"),
        ("[]", "life: expected a mapping of Schedule's fields; got a list of 0"),
        ('{"tasks": [], "tasks": []}', "life: the key 'tasks' is said twice"),
        ('{"tasks": [], "steps": NaN}', "life: NaN is no number of JSON"),
        ('{"tasks": [{"name": "a", "env_id": "b"}], "timeline": {"kind": "markow"}}', "timeline: kind: .*'markov'"),
        ('{"tasks": [{"name": "a", "env_id": "b"}], "over": [{"kind": "strom"}]}', r"over\[0\]: kind: .*'storm'"),
    ],
)
def test_bad_json_is_refused_with_its_place(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        Schedule.from_json(text)


def test_what_cannot_be_written_is_named():
    with pytest.raises(TypeError, match=r"life: tasks\[0\]: kwargs: make: .* cannot be written as JSON"):
        _ = Schedule((Task("a", "b", kwargs={"make": print}),), 5).hash
    with pytest.raises(ValueError, match="kwargs: x: a number is needed; got NaN"):
        _ = Schedule((Task("a", "b", kwargs={"x": float("nan")}),), 5).hash
    with pytest.raises(TypeError, match="kwargs: keys are text; got 3"):
        _ = Schedule((Task("a", "b", kwargs={3: 4}),), 5).hash  # pyright: ignore[reportArgumentType]
    numbers = {"far": float("inf"), "near": np.float64(0.5), "many": np.int64(3)}
    assert '"far":"Infinity","many":3,"near":0.5' in Schedule((Task("a", "b", kwargs=numbers),), 5).to_json()
