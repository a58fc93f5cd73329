from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from envs import Clock, LifelongVectorEnv, Noise, Permute, Relabel, Schedule, Setting, Task, changed, check_change
from envs.labelled.world import LabelledWorld

ID = "lifelong/Labelled-v0"


def lived(*changes, engine: str = "auto", seed: int = 3, steps: int = 40) -> tuple[np.ndarray, ...]:
    """Give what was seen, what was right and what was paid for saying 3, all of it ``(steps, 4, ...)``."""
    env = LifelongVectorEnv(Schedule((Task("a", ID, changes, {"length": 9}),), steps=10_000), 4, seed, engine=engine)
    observation, _ = env.reset()
    seen, right, paid = [], [], []
    for _ in range(steps):
        seen.append(observation)
        observation, rewards, _, _, infos = env.step(np.full(4, 3))
        right.append(infos["answer"])
        paid.append(rewards)
    return np.array(seen), np.array(right), np.array(paid)


@pytest.mark.parametrize("engine", ["auto", "looped"])
def test_reward_and_answer_follow_and_pictures_stay(engine: str):
    order = (2, 0, 3, 1, 4, 5, 9, 6, 7, 8)
    seen, right, paid = lived(engine=engine)
    seen_so, right_so, paid_so = lived(Relabel(order), engine=engine)
    np.testing.assert_array_equal(seen, seen_so)
    np.testing.assert_array_equal(np.array(order)[right], right_so)
    np.testing.assert_array_equal(paid_so, right_so == 3)
    assert set(right_so.ravel()) == set(range(10)) and right_so.dtype == np.int64
    np.testing.assert_array_equal(paid, right == 3)


def test_an_order_is_drawn_for_each_world_and_leaves_none_in_its_place():
    orders = set()
    _, right, _ = lived()
    tasks = tuple(Task(f"w{k}", ID, (Relabel(),)) for k in range(30))
    worlds = LifelongVectorEnv(Schedule(tasks, steps=100), 2, 5)._worlds
    for task in range(30):
        order = worlds.batch(task, 2).order  # pyright: ignore[reportAttributeAccessIssue]
        assert sorted(order) == list(range(10)) and (order != np.arange(10)).all()
        np.testing.assert_array_equal(worlds.env(task, 0).order, order)  # pyright: ignore[reportAttributeAccessIssue]
        orders.add(tuple(order))
    assert len(orders) == 30
    other = [lived(Relabel(), seed=seed)[1] for seed in (3, 3, 4)]
    assert (other[0] == other[1]).all() and (other[0] != other[2]).any() and (other[0] != right).all()


def test_it_goes_with_changes_inside_and_around():
    order = (1, 0, 2, 3, 4, 5, 6, 7, 8, 9)
    _, right, _ = lived(Relabel(order))
    for changes in ((Permute(), Relabel(order)), (Relabel(order), Permute()), (Noise(), Relabel(order))):
        for engine in ("auto", "looped"):
            told, paid = lived(*changes, engine=engine)[1:]
            assert engine == "looped" or (told == right).all()
            np.testing.assert_array_equal(paid, told == 3)
    twice = lived(Relabel(order), Relabel((0, 2, 1, 3, 4, 5, 6, 7, 8, 9)))[1]
    np.testing.assert_array_equal(twice, np.array([0, 2, 1, 3, 4, 5, 6, 7, 8, 9])[right])


def test_a_permutation_around_it_costs_no_wrapper():
    env = LifelongVectorEnv(Schedule((Task("a", ID, (Relabel(), Permute())),), steps=100), 4)
    env.reset()
    world = env._world
    assert type(world).__name__ == "RelabelledWorld"
    assert isinstance(world.world, LabelledWorld) and world.world._order is not None  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]


def test_it_goes_around_an_environment_outside_of_a_life():
    plain, named = gym.make(ID), changed(gym.make(ID), Relabel(), seed=1)
    np.testing.assert_array_equal(plain.reset(seed=2)[0], named.reset(seed=2)[0])
    for action in range(10):
        answer, told = plain.step(action)[4]["answer"], named.step(action)[4]["answer"]
        assert answer != told
    vector = changed(gym.vector.SyncVectorEnv([lambda: gym.make(ID)] * 3), Relabel((1, 0, *range(2, 10))), seed=1)
    bare = gym.vector.SyncVectorEnv([lambda: gym.make(ID)] * 3)
    vector.reset(seed=4)
    bare.reset(seed=4)
    for _ in range(20):
        told = [env.step(np.zeros(3, int))[4]["answer"] for env in (vector, bare)]
        np.testing.assert_array_equal(np.array([1, 0, *range(2, 10)])[told[1]], told[0])


def test_it_keeps_its_promises():
    check_change(ID, Relabel())


def test_what_has_no_labels_is_refused():
    setting = Setting(Clock(), *np.random.default_rng(0).spawn(2))
    with pytest.raises(ValueError, match=r"Relabel needs labelled pictures \(lifelong/Labelled-v0\); got .*CartPole"):
        Relabel().wrap(gym.make("CartPole-v1"), setting)
    with pytest.raises(ValueError, match="Relabel needs labelled pictures"):
        LifelongVectorEnv(Schedule((Task("a", "CartPole-v1", (Relabel(),)),), steps=100), 2).reset()
    with pytest.raises(ValueError, match="Relabel needs labelled pictures"):
        changed(gym.make_vec(ID, num_envs=2, vectorization_mode="vector_entry_point"), Relabel())
    with pytest.raises(ValueError, match=r"Relabel.order has 3 places, but there are 10 classes"):
        Relabel((1, 0, 2)).wrap(gym.make(ID), setting)


def test_answers_that_are_no_class_are_refused():
    for engine in ("auto", "looped"):
        env = LifelongVectorEnv(Schedule((Task("a", ID, (Relabel(),)),), steps=100), 2, engine=engine)
        env.reset()
        for action in (10, -1):
            with pytest.raises(ValueError, match=f"answers are classes from 0 to 9; got .*{action}"):
                env.step(np.array([action, 0]))


@pytest.mark.parametrize(
    ("order", "error", "said"),
    [
        ((0, 1, 2), ValueError, "leaves every class in its place"),
        ((0, 2), ValueError, "each of 0 to 1 once"),
        ((1.0, 0), TypeError, "holds classes; got 1.0 of type float"),
        ((True, 0), TypeError, "holds classes; got True"),
    ],
)
def test_orders_are_checked(order: tuple, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Relabel(order)
