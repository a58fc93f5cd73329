"""Lives said in one line are those written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from envs import (
    LifelongEnv,
    LifelongVectorEnv,
    Noise,
    Permute,
    Schedule,
    Shuffled,
    Stage,
    Stages,
    Storm,
    Stream,
    Task,
    make_life,
)

A, B, C = (Task(name, "CartPole-v1") for name in "abc")


def test_a_stream_is_the_schedule_written_by_hand():
    stream = A.for_steps(20_000).then(B).blend(5_000).cycle(3)
    by_hand = Schedule((A, B), timeline=Stages((Stage("a", 20_000), Stage("b", 20_000, blend=5_000)), cycles=3))
    assert stream.schedule() == by_hand
    assert stream.schedule().hash == by_hand.hash
    assert stream.schedule().total == 120_000


def test_each_method_gives_a_new_stream_and_leaves_the_old_one_alone():
    one = A.for_steps(20)
    others = [one.then(B), one.cycle(2), one.blend(15), one.shuffle(3), one | Storm()]
    assert all(isinstance(other, Stream) and other != one for other in others)
    assert one == A.for_steps(20)


def test_streams_go_on_with_streams():
    stream = A.for_steps(20).then(B, 30).cycle(2).then(C.for_steps(10).then(A).cycle(2)).then(B)
    stages = ("a", 20), ("b", 30), ("a", 20), ("b", 30), ("c", 10), ("a", 10), ("c", 10), ("a", 10), ("b", 10)
    assert stream.schedule() == Schedule((A, B, C), timeline=tuple(Stage(task, steps) for task, steps in stages))
    assert A.for_steps(5).cycle(2).cycle(3) == A.for_steps(5).cycle(6)


def test_a_blend_after_cycles_is_of_the_last_switch_alone():
    stream = A.for_steps(20).then(B).cycle(2).blend(15)
    assert [stay.blend for stay in stream.schedule().stays] == [0, 0, 0, 15]


def test_the_first_switch_of_each_later_cycle_may_be_gradual():
    stream = A.for_steps(20).blend(12).then(B).blend(15).cycle(2)
    assert [stay.blend for stay in stream.schedule().stays] == [0, 15, 12, 15]


def test_shuffled_streams_are_shuffled_schedules():
    stream = A.for_steps(20).then(B, 30).then(C).shuffle(seed=4).cycle(5)
    stages = (Stage("a", 20), Stage("b", 30), Stage("c", 30))
    assert stream.schedule() == Schedule((A, B, C), timeline=Shuffled(stages, 5, seed=4))


def test_changes_go_around_a_task_or_over_a_stream():
    task = A | Permute() | Noise()
    assert task == Task("a", "CartPole-v1", (Permute(), Noise()))
    stream = task.for_steps(20).then(B) | Noise(label="haze") | Storm()
    assert stream.cycle(2).schedule().over == (Noise(label="haze"), Storm())
    assert stream.schedule().tasks == (task, B)


def test_lives_take_streams():
    stream = A.for_steps(20).then(B | Permute()) | Noise()
    schedule = stream.schedule()
    assert LifelongEnv(stream).schedule == schedule
    np.testing.assert_array_equal(LifelongEnv(stream).reset()[0], LifelongEnv(schedule).reset()[0])
    one, other = LifelongVectorEnv(stream, 4, seed=2), LifelongVectorEnv(schedule, 4, seed=2)
    np.testing.assert_array_equal(one.reset()[0], other.reset()[0])
    for _ in range(12):
        np.testing.assert_array_equal(one.step(np.zeros(4, int))[0], other.step(np.zeros(4, int))[0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: A.for_steps(0), ValueError, "steps in 'a' is at least 1; got 0"),
        (lambda: A.for_steps(2.5), TypeError, r"steps in 'a' is an integer; got 2\.5"),  # pyright: ignore[reportArgumentType]
        (lambda: A.for_steps(20).then(B, -3), ValueError, "steps in 'b' is at least 1; got -3"),
        (lambda: A.for_steps(20).then("b"), TypeError, "goes on with a Task or a Stream; got 'b' of type str"),  # pyright: ignore[reportArgumentType]
        (lambda: A.for_steps(20).then(B.for_steps(5), 7), ValueError, "a stream has steps of its own; leave steps=7"),
        (lambda: A.for_steps(20).then(A | Permute()), ValueError, "two different tasks are called 'a'"),
        (
            lambda: A.for_steps(20).blend(30),
            ValueError,
            "a blend of 30 steps is longer than its stage, 20 steps",
        ),
        (lambda: A.for_steps(20).blend(-1), ValueError, "a blend is at least 0; got -1"),
        (lambda: A.for_steps(20).cycle(0), ValueError, "the number of cycles is at least 1; got 0"),
        (lambda: A.for_steps(20).shuffle(-1), ValueError, "a seed is at least 0; got -1"),
        (lambda: A.for_steps(20).shuffle().then(B), ValueError, r"no last stage; say then\(\) before shuffle\(\)"),
        (lambda: A.for_steps(20).shuffle().blend(5), ValueError, r"no last stage; say blend\(\) before shuffle\(\)"),
        (lambda: A.for_steps(20).then(B.for_steps(5) | Storm()), ValueError, "are of the whole life; say them after"),
        (lambda: A.for_steps(20) | 3, TypeError, "what is put over a stream is a Change; got 3"),  # pyright: ignore[reportOperatorIssue]
        (lambda: A | B, TypeError, "changes of task 'a' are Change objects; got Task"),  # pyright: ignore[reportOperatorIssue]
        (lambda: A | Storm() | Permute(), ValueError, "'permute' moves channels that 'storm' inside of it names"),
        (
            ((A | Noise()).for_steps(20) | Permute()).schedule,
            ValueError,
            "task 'a': 'permute' moves channels that 'noise' inside of it",
        ),
        (lambda: LifelongEnv(A), TypeError, r"follows a Schedule; got Task.*begin a stream with task\.for_steps"),  # pyright: ignore[reportArgumentType]
        (lambda: LifelongVectorEnv(make_life), TypeError, "follows a Schedule; got <function"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_what_cannot_be_said_is_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
