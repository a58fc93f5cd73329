"""What changes over a whole life is drawn once for it, and goes on when the world changes."""

from __future__ import annotations

import numpy as np
import pytest

from envs import Goal, LifelongEnv, LifelongVectorEnv, Linear, Noise, Permute, Schedule, Stage, Storm, Task
from tests.envs.probes import counters
from tests.envs.test_batched_lives import lived_alike

STORM = Storm(("noise", "drop"), calm=20, burst=20)
BODIES = (Task("calm", "CartPole-v1", (Permute(flip=True),)), Task("wired", "CartPole-v1", (Permute(offset=1.0),)))
LIFE = Schedule(
    BODIES,
    timeline=(Stage("calm", 90), Stage("wired", 60, blend=30), Stage("calm", 40)),
    cycles=2,
    over=(STORM,),
)


def weather(life: LifelongEnv | LifelongVectorEnv, steps: int) -> dict[int, tuple[str, str]]:
    """Live with random actions; give the storm's truth at every age."""
    rng, seen = np.random.default_rng(0), {}
    many = isinstance(life, LifelongVectorEnv)
    life.reset()
    for _ in range(steps):
        _, _, ended, cut, info = life.step(rng.integers(0, 2, life.num_envs) if many else int(rng.integers(2)))
        truth = info["lifelong"]
        if many:
            assert (truth["storm_mask"] == truth["storm_mask"][0]).all()
            seen[int(truth["age"][0])] = (str(truth["storm_kind"][0]), str(truth["storm_mask"][0]))
            continue
        seen[truth["age"]] = (truth["storm_kind"], str(truth["storm_mask"]))
        if ended or cut:
            life.reset()
    return seen


def test_one_storm_blows_over_all_tasks_whoever_lives_there():
    alone = LifelongEnv(Schedule(BODIES, LIFE.total, order=(0,), over=(STORM,)), seed=3)
    here, elsewhere = weather(LifelongEnv(LIFE, seed=3), LIFE.total), weather(alone, LIFE.total)
    assert here == elsewhere
    many = weather(LifelongVectorEnv(LIFE, num_envs=2, seed=3), LIFE.total // 2)
    # The truth of a step that is followed by a switch is that of the old world, as of all others.
    assert many == {age: here[age] for age in many}
    assert len(set(here.values())) > 3
    assert here != weather(LifelongEnv(LIFE, seed=4), LIFE.total)


def test_what_is_drawn_for_tasks_does_not_depend_on_what_is_over_them():
    calm, stormy = (LifelongEnv(Schedule(BODIES, 50, over=over), seed=5) for over in ((), (Noise(deviation=1e-9),)))
    for life in (calm, stormy):
        life.reset()
    for task in (0, 1):
        wirings = [life._worlds.env(task, 0) for life in (calm, stormy)]
        assert wirings[0].get_wrapper_attr("order").tolist() == wirings[1].get_wrapper_attr("order").tolist()


def test_a_drift_over_all_goes_on_across_the_switch():
    drift = Noise(deviation=1.0, when=Linear(0.0, 1.0, over=800))
    life = LifelongVectorEnv(Schedule(counters(steps=200).tasks, 200, 2, over=(drift,)), 100, seed=1)
    life.reset()
    spread = []
    for _ in range(8):
        observations, *_, infos = life.step(np.zeros(100, int))
        seen = infos["final_obs"] if infos["lifelong"]["switched"].any() else observations
        spread.append(np.std(seen[:, 2]))
    np.testing.assert_allclose(spread, np.arange(100, 900, 100) / 800, rtol=0.25)


def test_batched_lives_are_looped_lives_bit_by_bit():
    assert lived_alike(LIFE, num_envs=3, steps=LIFE.total // 3 + 5) > 20
    rooms = tuple(Task(where, "lifelong/Room-v0", (Goal(where=where),)) for where in ("north-west", "south-east"))
    over = (Permute(), Storm(("drop", "invert"), calm=20, burst=20))
    assert lived_alike(Schedule(rooms, 60, 2, over=over), num_envs=4, steps=70) > 3


def test_what_is_over_all_must_go_with_each_task():
    tasks = (BODIES[0], Task("stormy", "CartPole-v1", (STORM,)))
    with pytest.raises(ValueError, match="task 'stormy': 'storm' and 'storm' both report 'storm_kind'"):
        Schedule(tasks, 20, over=(STORM,))
    with pytest.raises(ValueError, match="task 'stormy': 'permute' moves channels that 'storm' inside of it"):
        Schedule(tasks, 20, over=(Permute(),))
    with pytest.raises(TypeError, match="changes of task 'calm' are Change objects; got 3"):
        Schedule(tasks, 20, over=(3,))  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="over is a tuple of Change; got Storm"):
        Schedule(tasks, 20, over=STORM)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="bits know no noise"):
        LifelongEnv(Schedule((Task("room", "lifelong/Room-v0"),), 20, over=(Storm(),)))
