from __future__ import annotations

import gymnasium as gym
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import Permute, Schedule, Storm, Task, Visit

schedules = st.builds(
    lambda worlds, steps, cycles, order: Schedule(
        tuple(Task(f"world{k}", "CartPole-v1") for k in range(worlds)),
        steps,
        cycles,
        tuple(index % worlds for index in order),
    ),
    st.integers(1, 5),
    st.integers(1, 40),
    st.integers(1, 4),
    st.lists(st.integers(0, 100), max_size=6),
)


@given(schedules)
def test_visits_partition_the_life(schedule: Schedule):
    ages = [age for visit in schedule.visits for age in range(visit.start, visit.stop)]
    assert ages == list(range(schedule.total))


@given(schedules)
def test_what_is_lived_at_an_age_is_what_its_visit_says(schedule: Schedule):
    for index, visit in enumerate(schedule.visits):
        for age in (visit.start, visit.stop - 1):
            assert schedule.visit_at(age) == index
            assert schedule.task_at(age) == visit.task


@given(schedules, st.integers(0, 1000))
def test_after_the_end_the_last_world_goes_on(schedule: Schedule, more: int):
    assert schedule.visit_at(schedule.total + more) == len(schedule.visits) - 1
    assert schedule.task_at(schedule.total + more) == schedule.visits[-1].task


def test_visits_of_a_small_life_by_hand():
    schedule = Schedule((Task("a", "CartPole-v1"), Task("b", "CartPole-v1")), steps=10, cycles=2, order=(1, 0, 1))
    assert schedule.total == 60
    assert schedule.visits[:4] == (Visit(1, 0, 10), Visit(0, 10, 20), Visit(1, 20, 30), Visit(1, 30, 40))


def test_a_life_in_one_world_keeps_its_index():
    schedule = Schedule((Task("a", "CartPole-v1"), Task("b", "CartPole-v1")), steps=10, cycles=3)
    assert schedule.only(1).visits == (Visit(1, 0, 10),)
    assert schedule.only(1).tasks == schedule.tasks


TASK = Task("a", "CartPole-v1")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Schedule((), 10), ValueError, "needs at least one task"),
        (lambda: Schedule((TASK, TASK), 10), ValueError, "'a' is used 2 times"),
        (lambda: Schedule((TASK,), 0), ValueError, r"Schedule\.steps is at least 1; got 0"),
        (lambda: Schedule((TASK,), 10.0), TypeError, r"Schedule\.steps is an integer; got 10\.0"),  # pyright: ignore[reportArgumentType]
        (lambda: Schedule((TASK,), 10, True), TypeError, r"Schedule\.cycles is an integer; got True"),
        (lambda: Schedule((TASK,), 10, order=(1,)), ValueError, "indices of tasks, 0 to 0; got 1"),
        (lambda: Schedule([TASK], 10), TypeError, "tuple of Task"),  # pyright: ignore[reportArgumentType]
        (lambda: Schedule((TASK,), 10).only(3), ValueError, "got 3"),
        (lambda: Schedule((TASK,), 10).task_at(-1), ValueError, "an age is at least 0; got -1"),
        (lambda: Task("", "CartPole-v1"), ValueError, "name is empty"),
        (lambda: Task("a", 3), TypeError, "env_id is text; got 3"),  # pyright: ignore[reportArgumentType]
        (lambda: Task("a", "CartPole-v1", (Permute,)), TypeError, "are Change objects"),  # pyright: ignore[reportArgumentType]
        (lambda: Task("a", "CartPole-v1", [Permute()]), TypeError, "are a tuple; got list"),  # pyright: ignore[reportArgumentType]
        (
            lambda: Task("a", "CartPole-v1", (Storm(), Permute())),
            ValueError,
            "'permute' moves channels that 'storm' inside of it",
        ),
        (lambda: Task("a", "CartPole-v1", (Permute(),)).make([]), ValueError, "1 changes and needs as many settings"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()


def test_an_unknown_base_is_gymnasiums_own_error():
    with pytest.raises(gym.error.UnregisteredEnv):
        Task("a", "lifelong/NoSuchBase-v0").make([])
