"""What measures and what remembers on a device, beside what does so on the host: random steps, random contexts."""

import numpy as np
import torch

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.device.rewards import DeviceReturns, DeviceRewards
from lifelong_agent.device.rows import first_least, put, row
from lifelong_agent.device.yardstick import DeviceYardstick
from lifelong_agent.return_model import ReturnModel
from lifelong_agent.reward_model import RewardModel

YES, NO = torch.tensor(True), torch.tensor(False)


def test_a_row_is_read_and_written_where_a_mask_holds():
    table, which = torch.arange(6.0).view(3, 2), torch.tensor([1])
    assert row(table, which).tolist() == [2.0, 3.0]
    put(table, which, torch.tensor([7.0, 8.0]), NO)
    assert table[1].tolist() == [2.0, 3.0]
    put(table, which, torch.tensor([7.0, 8.0]), YES)
    assert table.tolist() == [[0.0, 1.0], [7.0, 8.0], [4.0, 5.0]]
    put(table[:, 0], which, 0.0, YES)
    assert table[:, 0].tolist() == [0.0, 0.0, 4.0]


def test_of_equals_the_first_is_least():
    assert first_least(torch.tensor([3.0, 1.0, 2.0, 1.0])).tolist() == [1]
    assert first_least(torch.full((4,), torch.inf)).tolist() == [0]


def test_yardsticks_measure_alike():
    dice = np.random.default_rng(0)
    host = Yardstick(3, 2, gamma=0.9)
    here = DeviceYardstick(Yardstick(3, 2, gamma=0.9))
    here.load(torch.device("cpu"))
    for step in range(200):
        context, sure, switched = int(dice.integers(2)), bool(dice.random() < 0.7), bool(dice.random() < 0.1)
        learns = sure and not switched
        reward = dice.normal(size=3) * (step > 20)  # at first all is zero
        ended, error, value = dice.random(3) < 0.2, dice.normal(size=3), dice.normal(size=3)
        error *= 1e-3 * (step < 100) + (step >= 100)  # smaller at first than what a reward makes of them
        scaled = host.reward(reward, ended, context, sure=learns)
        if switched:
            host.restart()
        which, masks = torch.tensor([context]), {"sure": torch.tensor(learns), "switched": torch.tensor(switched)}
        told = here.reward(torch.from_numpy(reward), torch.from_numpy(ended), which, **masks)
        np.testing.assert_allclose(told, scaled, rtol=1e-12)
        standard, right = here.error(torch.from_numpy(error), torch.from_numpy(value), which, masks["sure"])
        if learns:
            expected, rightness = host.error(error, value, context)
            np.testing.assert_allclose(standard, expected, rtol=1e-12)
            np.testing.assert_allclose(right, rightness, rtol=1e-12)
    here.settle()
    for name, kept in host.state_dict().items():
        np.testing.assert_allclose(here._home.state_dict()[name], kept, rtol=1e-12, err_msg=name)


def test_returns_are_remembered_and_doubted_alike():
    dice = np.random.default_rng(0)
    host, home = (ReturnModel(4, 3, gamma=0.95, ripe=5) for _ in range(2))
    here = DeviceReturns(home)
    here.load(torch.device("cpu"))
    told = []
    for step in range(300):
        context = int(dice.integers(2))
        reward, ended = dice.normal(size=4) + (step < 200), dice.random(4) < 0.2
        returns = host.follow(reward, ended)
        over, which = torch.from_numpy(ended), torch.tensor([context])
        finished = here.follow(torch.from_numpy(reward), over)
        np.testing.assert_allclose(finished[over], returns, rtol=1e-12)
        told.append(host.evidence(context, returns))
        np.testing.assert_allclose(here.evidence(which, finished, over), told[-1], rtol=1e-9, atol=1e-12)
        if step % 3:
            host.learn(context, returns)
        here.learn(which, finished, over, torch.tensor(bool(step % 3)))
        if step == 250:
            host.clear(context)
        here.clear(which, torch.tensor(step == 250))
    assert min(told) < -3.0 and max(told) > 1.0  # several episodes a step, either way
    here.settle()
    for name, kept in host.state_dict().items():
        np.testing.assert_allclose(home.state_dict()[name], kept, rtol=1e-9, err_msg=name)


def test_rewards_are_expected_alike():
    dice = np.random.default_rng(0)
    host, home = (
        RewardModel(20, 2, 3, bits=True, generator=torch.Generator().manual_seed(0), neurons=64, winners=8)
        for _ in range(2)
    )
    here = DeviceRewards(home)
    here.load()
    least, most = 0.0, 0.0
    for step in range(1100):  # beyond the day on which the mean of the senses has settled
        context, learns = int(dice.integers(3)), step % 5 > 0
        sense = torch.from_numpy((dice.random((4, 20)) < 0.3).astype(np.float32))
        action = torch.from_numpy(dice.integers(0, 2, 4))
        reward = (sense[:, 0].numpy() * (context + 1) - (step > 900)) * (step > 10)
        drive = host.drive(sense)
        known = host.informative
        lesson, paid = here.observe(sense, action, torch.from_numpy(reward.astype(float)))
        code = host.code(drive)
        expected = host.predict(code, action, 3)
        if known:
            evidence = host.evidence(expected, reward).sum(1)
            np.testing.assert_allclose(lesson.expected, expected, atol=1e-5)
            np.testing.assert_allclose(paid, evidence, atol=1e-3)
            least, most = min(least, evidence.min()), max(most, evidence.max())
        else:
            assert paid.tolist() == [0.0] * 3
        host.notice(None if host.settled else drive, reward)
        if known and learns:
            host.learn(context, code, action, expected[context], reward)
        here.learn(torch.tensor([context]), lesson, torch.tensor(learns))
        if step == 700:
            host.clear(1)
        here.clear(torch.tensor([1]), torch.tensor(step == 700))
    assert least < -1.0 and most > 1.0
    here.settle()
    one, other = host.state_dict(), home.state_dict()
    for name in ("weight", "centre"):
        np.testing.assert_allclose(other[name], one[name], atol=1e-5, err_msg=name)
    for name, kept in one["_extra_state"].items():
        np.testing.assert_allclose(other["_extra_state"][name], kept, atol=1e-5, err_msg=name)
