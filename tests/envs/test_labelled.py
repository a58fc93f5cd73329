from __future__ import annotations

import warnings
from functools import partial

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from envs import (
    BatchedWrapper,
    LifelongEnv,
    LifelongVectorEnv,
    Noise,
    Permute,
    Relabel,
    Rotate,
    Schedule,
    Task,
    Turn,
    check_life,
    check_snapshot,
)
from envs.labelled.world import LabelledWorld
from envs.looped import LoopedWorld
from tests.envs.pictures import file_of, made_up

ID = "lifelong/Labelled-v0"


def life(data: str = "digits", *changes: tuple, steps: int = 60, cycles: int = 1, **kwargs) -> Schedule:
    """Make a life of labelled tasks, one for each tuple of changes."""
    kwargs["data"] = data
    tasks = tuple(Task(f"task{k}", ID, change, kwargs) for k, change in enumerate(changes or ((),)))
    return Schedule(tasks, steps=steps, cycles=cycles)


def which(seen: np.ndarray) -> np.ndarray:
    """Tell which made-up pictures are seen, by their first pixels."""
    return np.rint(seen.reshape(len(seen), -1)[:, 0] * 255).astype(int)


@pytest.mark.parametrize("shape", ["flat", "image"])
def test_gymnasium_is_content(shape: str):
    env = gym.make(ID, shape=shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    assert env.observation_space.shape == ((64,) if shape == "flat" else (8, 8, 1))
    assert env.action_space.n == 10  # pyright: ignore[reportAttributeAccessIssue]


def test_being_right_is_paid_and_what_was_right_is_told_with_the_reward(tmp_path):
    env, arrays = gym.make(ID, data=file_of(tmp_path), length=6), made_up()
    observation, info = env.reset(seed=1)
    assert "answer" not in info
    for step in range(1, 7):
        shown = which(observation[None])[0]
        np.testing.assert_allclose(observation, arrays["train_x"][shown].ravel() / 255, rtol=1e-6)
        observation, reward, terminated, truncated, info = env.step(step % 4)
        assert info["answer"] == arrays["train_y"][shown] and info["answer"].dtype == np.int64
        assert reward == float(info["answer"] == step % 4) and not terminated and truncated == (step == 6)
    again, _ = env.reset()
    np.testing.assert_array_equal(again, observation)  # it waits for its answer


@pytest.mark.parametrize("bodies", [1, 3, 4])
def test_bodies_see_every_picture_once_before_they_see_one_twice(tmp_path, bodies: int):
    env = LifelongVectorEnv(life(file_of(tmp_path), length=3, steps=600), bodies, seed=2)
    observation, _ = env.reset()
    seen: list[int] = []
    for _ in range(200 // bodies):
        seen += which(observation).tolist()
        observation = env.step(np.zeros(bodies, np.int64))[0]
    for start in range(0, len(seen) - 19, 20):
        assert sorted(seen[start : start + 20]) == list(range(20))
    assert seen[:20] != seen[20:40]


def test_a_task_of_as_many_steps_as_there_are_pictures_is_one_pass(tmp_path):
    env = LifelongVectorEnv(life(file_of(tmp_path), (), (), steps=20, cycles=2, length=3), 4, seed=2)
    observation, _ = env.reset()
    seen: list[int] = []
    for step in range(1, 21):
        seen += which(observation).tolist()
        observation, _, _, truncated, infos = env.step(np.zeros(4, np.int64))
        if step % 5 == 0:
            assert sorted(seen) == list(range(20))
            assert step == 20 or (truncated.all() and infos["lifelong"]["switched"].all())
            seen.clear()


@pytest.mark.parametrize("engine", ["auto", "looped"])
def test_answers_are_whole_in_every_step(engine: str):
    env = LifelongVectorEnv(life("digits", (), (Permute(), Relabel()), (Noise(),), length=7), 5, engine=engine)
    choice, ended, switched = np.random.default_rng(0), 0, 0
    env.reset()
    for _ in range(36):
        actions = choice.integers(10, size=5)
        _, rewards, _, truncated, infos = env.step(actions)
        assert infos["answer"].dtype == np.int64 and infos["answer"].shape == (5,) and infos["_answer"].all()
        np.testing.assert_array_equal(rewards, infos["answer"] == actions)
        ended, switched = ended + truncated.sum(), switched + infos["lifelong"]["switched"][0]
    assert ended > 15 and switched == 2


@pytest.mark.parametrize("changes", [(), (Permute(),), (Relabel(), Turn()), (Permute(), Noise())])
def test_one_body_lives_alike_however_it_is_stepped(changes: tuple):
    lives = [LifelongVectorEnv(life("digits", changes, length=9), 1, 4, engine=engine) for engine in ("auto", "looped")]
    single = LifelongEnv(life("digits", changes, length=9), 4)
    seen = [env.reset()[0][0] for env in lives] + [single.reset()[0]]
    choice = np.random.default_rng(1)
    for _ in range(59):
        np.testing.assert_array_equal(seen[0], seen[1])
        np.testing.assert_array_equal(seen[0], seen[2])
        action = choice.integers(10)
        steps = [env.step(np.array([action])) for env in lives]
        step = single.step(action)
        assert [one[1][0] for one in steps] == [step[1]] * 2
        assert [one[4]["answer"][0] for one in steps] == [step[4]["answer"]] * 2
        seen = [one[0][0] for one in steps] + [step[0] if not step[3] else single.reset()[0]]


@pytest.mark.parametrize("engine", ["auto", "looped"])
@pytest.mark.parametrize("changes", [(), (Permute(),), (Noise(),)])
def test_exams_are_of_pictures_held_out(tmp_path, engine: str, changes: tuple):
    arrays = made_up()
    mean = {part: arrays[f"{part}_x"].reshape(-1, 6).sum(axis=1) for part in ("train", "test")}
    assert not set(mean["train"]) & set(mean["test"])
    for purpose, part in (("exam", "test"), ("life", "train"), ("trial", "train")):
        schedule = life(file_of(tmp_path), changes, length=5, steps=210)
        env = LifelongVectorEnv(schedule, 3, purpose=purpose, engine=engine)
        observation, _ = env.reset()
        sums = set()
        for _ in range(60):
            sums |= set(np.rint(observation.sum(axis=1) * 255).astype(int).tolist())
            observation = env.step(np.zeros(3, np.int64))[0]
        if Noise() not in changes:
            assert sums == set(mean[part].tolist())
        base = env._world
        while isinstance(base, BatchedWrapper):
            base = base.world
        single = LifelongEnv(schedule, purpose=purpose)._worlds.env(0, 0)
        envs = [single, *base.envs] if isinstance(base, LoopedWorld) else [single]
        worlds = [one.unwrapped.world for one in envs] + ([base] if isinstance(base, LabelledWorld) else [])  # pyright: ignore[reportAttributeAccessIssue]
        assert len(worlds) == (4 if engine == "looped" else 2)
        assert {len(world._pictures) for world in worlds} == {len(arrays[f"{part}_x"])}  # pyright: ignore[reportAttributeAccessIssue]


def test_a_base_of_anyones_is_told_what_it_is_for():
    told = []

    class Asking(gym.Env):
        observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)
        action_space = gym.spaces.Discrete(2)

        def serve(self, purpose: str) -> None:
            told.append(purpose)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return np.zeros(2, np.float32), {}

        def step(self, action):
            return np.zeros(2, np.float32), 0.0, False, False, {}

    gym.register("probe/Asking-v0", Asking)  # pyright: ignore[reportArgumentType]
    schedule = Schedule((Task("a", "probe/Asking-v0", (Noise(),)),), steps=10)
    LifelongEnv(schedule, purpose="exam").reset()
    assert told == ["exam"]
    LifelongVectorEnv(schedule, 2, purpose="exam").reset()
    assert told == ["exam"] * 4  # that one, the one that tells the spaces, and two bodies


def test_a_life_goes_on_from_a_snapshot():
    check_life(life("digits", (Permute(),), (Relabel(),), (Turn(),), length=7, steps=90, cycles=2))
    for make in (partial(gym.make, ID, length=5), partial(gym.make_vec, ID, num_envs=3, length=5)):
        check_snapshot(make)


def test_a_snapshot_holds_no_pictures_and_no_deck(tmp_path):
    arrays = made_up((30, 30), 3000)
    env = LifelongVectorEnv(life(file_of(tmp_path, **arrays)), 4)
    env.reset()
    env.step(np.zeros(4, np.int64))
    from envs import snapshot, to_bytes  # noqa: PLC0415

    assert len(to_bytes(snapshot(env))) < 5000
    other = LabelledWorld(4)
    with pytest.raises(ValueError, match=r"4 bodies shown 1500 pictures of 'digits' cannot go on from 4 shown 3000"):
        other.restore(env._world.snapshot())  # pyright: ignore[reportOptionalMemberAccess]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_vector_of_gymnasiums_shares_its_deck(tmp_path, mode: AutoresetMode):
    env = gym.make_vec(ID, num_envs=4, data=file_of(tmp_path), length=2, autoreset_mode=mode)
    observation, _ = env.reset(seed=3)
    assert env.single_observation_space.high.max() == 1.0  # pyright: ignore[reportAttributeAccessIssue]
    seen = which(observation).tolist()
    for step in range(4):
        shown = which(observation)
        idle = mode is AutoresetMode.NEXT_STEP and step == 2
        observation, reward, _, over, infos = env.step(np.zeros(4, np.int64))
        np.testing.assert_array_equal(infos["_answer"], np.full(4, not idle))
        if not idle:
            np.testing.assert_array_equal(infos["answer"], shown % 4)
            np.testing.assert_array_equal(reward, shown % 4 == 0)
            seen += which(observation).tolist()
        assert over.all() == (step in ((1, 4) if mode is AutoresetMode.NEXT_STEP else (1, 3)))
        if over.all() and mode is AutoresetMode.DISABLED:
            observation, _ = env.reset(options={"reset_mask": over})
    assert sorted(seen[:16]) == sorted(set(seen[:16]))


def test_images_are_changed_as_images():
    turned = LifelongVectorEnv(life("digits", (Rotate(),), shape="image"), 3, 1)
    plain, flat = (LifelongVectorEnv(life("digits", (), shape=shape), 3, 1) for shape in ("image", "flat"))
    images = plain.reset()[0]
    assert images.shape == (3, 8, 8, 1) and images.dtype == np.float32
    np.testing.assert_array_equal(turned.reset()[0], np.rot90(images, axes=(1, 2)))
    np.testing.assert_array_equal(flat.reset()[0], images.reshape(3, 64))


def test_permutations_cost_no_wrapper_and_show_each_pixel_once():
    plain, wired = (LifelongVectorEnv(life("digits", changes), 4, 1) for changes in ((), (Permute(), Permute())))
    one, other = plain.reset()[0], wired.reset()[0]
    assert isinstance(wired._world, LabelledWorld)
    assert (one != other).any() and (np.sort(one, axis=1) == np.sort(other, axis=1)).all()


def test_pictures_are_not_copied():
    env = LifelongVectorEnv(life("digits", *[(Permute(),)] * 5), 4)
    worlds = [env._worlds.batch(task, 4) for task in range(5)]
    singles = [env._worlds.env(task, 0).unwrapped.world for task in range(5)]  # pyright: ignore[reportAttributeAccessIssue]
    first: LabelledWorld = worlds[0]  # pyright: ignore[reportAssignmentType]
    for world in (*worlds, *singles):
        assert np.shares_memory(world._pictures, first._pictures)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("kwargs", "error", "said"),
    [
        ({"length": 0}, ValueError, "length is a number of pictures of 1 or above; got 0"),
        ({"length": 2.5}, TypeError, "length is a whole number of pictures; got 2.5"),
        ({"shape": "round"}, ValueError, "shape is one of 'flat', 'image'; got 'round'"),
        ({"data": "nothing"}, ValueError, "data is one of 'digits'"),
    ],
)
def test_what_cannot_be_is_said(kwargs: dict, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        gym.make(ID, **kwargs)


def test_pictures_of_no_image_and_answers_of_no_row_are_refused(tmp_path):
    path = file_of(tmp_path, **made_up((7,)))
    with pytest.raises(ValueError, match=r"shape='image' needs pictures .*these are \(7,\)"):
        LabelledWorld(2, path, shape="image")
    world = LabelledWorld(2, path)
    world.begin()
    with pytest.raises(ValueError, match=r"expected 2 answers, one a row; got an array of shape \(3,\)"):
        world.step(np.zeros(3))
    with pytest.raises(ValueError, match="stepped by engine 'numpy' alone; got 'numba'"):
        LifelongVectorEnv(life(), 2, engine="numba").reset()
