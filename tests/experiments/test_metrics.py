"""Every metric against a life small enough to be computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import metrics

# Two worlds, A = 0 and B = 1, each visited twice for 100 steps; scores in halves instead of tenths.
VISITS = np.array([[0, 0, 100], [1, 100, 200], [0, 200, 300], [1, 300, 400]])
SCORES = np.array([[10.0, 50.0], [20.0, 40.0], [45.0, 60.0], [10.0, 35.0]])
TASKS = VISITS[:, 0]

# Exams at birth and after each visit: rows are exams, columns A and B.
AGES = np.array([0, 100, 200, 300, 400])
EXAMS = np.array([[1.0, 2.0], [50.0, 5.0], [20.0, 40.0], [60.0, 15.0], [30.0, 45.0]])


def test_episodes_count_in_the_tenth_in_which_they_begin():
    visits = np.array([[0, 0, 100]])
    start = np.array([0, 9, 10, 95])
    returns = np.array([1.0, 3.0, 7.0, 9.0])
    scores = metrics.tenths(visits, start, returns, np.zeros(4, bool))
    assert scores.tolist() == [[2.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 9.0]]


def test_a_tenth_with_a_cut_episode_takes_the_score_before_it():
    visits = np.array([[0, 0, 100], [1, 100, 200]])
    start = np.array([0, 50, 60, 65, 100, 150])
    returns = np.array([1.0, 5.0, 100.0, 8.0, 4.0, 6.0])
    cut = np.array([False, False, True, False, False, True])
    scores = metrics.tenths(visits, start, returns, cut, bins=10)
    assert scores[0].tolist() == [1.0] * 5 + [5.0] * 5, "8 would favour what was short enough to end in time"
    assert scores[1].tolist() == [4.0] * 10


def test_a_first_tenth_of_cut_episodes_counts_them_as_they_are():
    scores = metrics.tenths(
        np.array([[0, 0, 10]]), np.array([0, 0]), np.array([3.0, 5.0]), np.array([True, False]), bins=2
    )
    assert scores.tolist() == [[4.0, 4.0]]


def test_counting_by_beginnings_is_not_fooled_by_length():
    """One life, half of its episodes 1 step long, half 99: by beginnings the mean is 50, by steps it would be 98."""
    lengths = np.tile([1, 99], 50)
    start = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    scores = metrics.tenths(np.array([[0, 0, 5000]]), start, lengths.astype(float), np.zeros(100, bool))
    np.testing.assert_allclose(scores, 50.0)


def test_lifetime_return_is_the_mean_of_all_tenths():
    assert metrics.lifetime_return(SCORES) == pytest.approx(270 / 8)


def test_episode_return_leaves_cut_episodes_out():
    assert metrics.episode_return(np.array([1.0, 2.0, 90.0]), np.array([False, False, True])) == 1.5
    assert math.isnan(metrics.episode_return(np.array([1.0]), np.array([True])))


def test_rewards_of_a_step_over_the_life_late_in_it_and_in_each_visit():
    returns, visit = np.array([10.0, 30, 50, 20, 70, 5, 0]), np.array([0, 0, 1, 2, 2, 3, 3])
    assert metrics.reward_rate(returns, 400) == 185 / 400
    assert metrics.late_reward_rate(returns, visit, VISITS) == 5 / 100, "a fifth of four visits is one"
    assert metrics.late_reward_rate(returns, visit, VISITS, 0.5) == 95 / 200
    longer = np.array([[0, 0, 100], [1, 100, 400]])
    assert metrics.late_reward_rate(np.array([1.0, 60.0]), np.array([0, 1]), longer) == 60 / 300
    assert metrics.visit_rates(returns, visit, VISITS).tolist() == [0.4, 0.5, 0.9, 0.05]
    assert metrics.visit_rates(np.array([8.0]), np.array([0]), longer).tolist() == [0.08, 0.0]


def test_the_late_part_of_a_life_is_a_fifth_of_its_visits():
    visits = np.stack([np.arange(20), np.arange(20) * 10, np.arange(20) * 10 + 10], axis=1)
    returns = np.where(np.arange(20) >= 16, 7.0, 1000.0)
    assert metrics.late_reward_rate(returns, np.arange(20), visits) == 0.7


def test_kept_is_the_mean_over_tasks_met_before_the_last():
    rates = np.array([0.1, 0.2, 0.6, 0.9])
    assert metrics.kept(rates, VISITS) == 0.1, "the second world is the last one, the others were never met"
    once = np.array([[2, 0, 10], [0, 10, 20], [1, 20, 30]])
    assert metrics.kept(rates, once) == pytest.approx((0.6 + 0.1) / 2)
    assert metrics.kept(rates, once[1:]) == 0.1
    assert math.isnan(metrics.kept(rates, once[:1]))


def test_tasks_are_away_since_their_last_visit():
    assert metrics.away(VISITS) == {0: 1, 1: 0}
    assert metrics.away(np.array([[4, 0, 10], [2, 10, 20], [2, 20, 30], [0, 30, 40]])) == {0: 0, 2: 1, 4: 3}


def test_best_scores_are_the_highest_last_tenths_of_each_task():
    assert metrics.best_scores(SCORES, TASKS, 3).tolist() == [60.0, 40.0, -np.inf]


def test_regret_is_summed_over_the_life():
    # A: 50 + 10 + 15 + 0; B: 20 + 0 + 30 + 5
    assert metrics.regret(SCORES, TASKS, np.array([60.0, 40.0])) == 130.0


def test_visit_means_go_by_how_often_a_world_was_met():
    assert metrics.visit_means(SCORES, TASKS) == [30.0, 37.5]
    assert metrics.visit_means(SCORES[:3], TASKS[:3]) == [30.0, 52.5]


def test_leaving_score_is_the_mean_of_last_tenths():
    assert metrics.leaving_score(SCORES) == (50 + 40 + 60 + 35) / 4


def test_returns_home_pair_a_visit_with_the_one_before_it():
    assert metrics.returns_home(np.array([0, 1, 0, 0, 1])) == [(2, 0), (3, 2), (4, 1)]


def test_retention_is_what_is_there_on_coming_back_over_what_was_there_on_leaving():
    assert metrics.retention_on_return(SCORES, TASKS) == pytest.approx((45 + 10) / (50 + 40))
    assert math.isnan(metrics.retention_on_return(SCORES[:2], TASKS[:2])), "no world is met again"
    assert math.isnan(metrics.retention_on_return(np.zeros((4, 2)), TASKS)), "nothing was known"


def test_recovery_counts_steps_to_nine_tenths_of_the_level_on_leaving():
    # A returns with 45 of 50: at once. B needs 36 of 40 and has 10, 35: never, so the whole visit.
    assert metrics.recovery_steps(SCORES, VISITS) == 50.0
    later = SCORES.copy()
    later[3, 1] = 36.0
    assert metrics.recovery_steps(later, VISITS) == 25.0, "B is back at the start of the second half, 50 steps in"


def test_recovery_of_negative_returns_asks_for_a_tenth_below_the_level():
    scores = np.array([[-100.0, -50.0], [-54.0, -40.0]])
    visits = np.array([[0, 0, 100], [0, 100, 200]])
    assert metrics.recovery_steps(scores, visits) == 0.0
    scores[1, 0] = -56.0
    assert metrics.recovery_steps(scores, visits) == 50.0


def test_final_average_is_the_last_exam():
    assert metrics.final_average(EXAMS) == 37.5


def test_final_forgetting_counts_from_the_end_of_the_last_visit():
    # A was last left at 300 with 60 and ends at 30; B was last left at 400 with 45 and ends there.
    assert metrics.forgetting_final(EXAMS, AGES, VISITS) == 15.0


def test_forgetting_while_away_averages_over_absences():
    # A: 50 - 20 (100 to 200), 60 - 30 (300 to the end); B: 40 - 15 (200 to 300).
    assert metrics.forgetting_away(EXAMS, AGES, VISITS) == pytest.approx((30 + 30 + 25) / 3)
    assert math.isnan(metrics.forgetting_away(EXAMS[:2], AGES[:2], VISITS[:1]))


def test_peak_forgetting_is_the_best_minus_the_last():
    assert metrics.forgetting_peak(EXAMS) == (30 + 0) / 2


def test_zero_shot_transfer_is_measured_against_the_newborn():
    # A is lived first and does not count; B has 5 before its first visit and had 2 at birth.
    assert metrics.zero_shot_transfer(EXAMS, AGES, VISITS) == 3.0
    assert math.isnan(metrics.zero_shot_transfer(EXAMS[1:], AGES[1:], VISITS)), "no exam at birth"


def test_forward_transfer_is_the_share_of_the_room_above_a_newborn():
    # First visits: A 30, B 30; newborns alone 30 and 20; best 60 and 40: 0 and 10 / 20.
    assert metrics.forward_transfer(SCORES, TASKS, [30.0, 20.0], np.array([60.0, 40.0])) == 0.25
    assert metrics.forward_transfer(SCORES, TASKS, [60.0, 20.0], np.array([60.0, 40.0])) == 0.5, "no room in A"


def test_forgetting_of_one_visit_each_is_continual_worlds():
    visits, ages = VISITS[:2], AGES[:3]
    assert metrics.forgetting_final(EXAMS[:3], ages, visits) == ((50 - 20) + (40 - 40)) / 2


@given(
    st.lists(st.tuples(st.integers(0, 399), st.floats(-5, 5), st.booleans()), min_size=1, max_size=60),
    st.permutations(range(60)),
)
def test_tenths_do_not_depend_on_the_order_of_rows_and_stay_within_the_returns(rows, order):
    start = np.array([row[0] for row in rows])
    start[0] = 0
    returns, cut = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    scores = metrics.tenths(VISITS, start, returns, cut)
    mixed = [i for i in order if i < len(rows)]
    np.testing.assert_allclose(scores, metrics.tenths(VISITS, start[mixed], returns[mixed], cut[mixed]))
    known = scores[np.isfinite(scores)]
    assert ((known >= returns.min() - 1e-9) & (known <= returns.max() + 1e-9)).all()
    assert np.isfinite(scores[0]).all(), "the first visit has an episode from its first step on"


def test_what_was_not_examined_at_the_moment_is_not_known():
    fewer = np.isin(AGES, (0, 400))
    for told in (
        metrics.forgetting_final(EXAMS[fewer], AGES[fewer], VISITS),
        metrics.forgetting_away(EXAMS[fewer], AGES[fewer], VISITS),
        metrics.zero_shot_transfer(EXAMS[fewer], AGES[fewer], VISITS),
    ):
        assert math.isnan(told)


def test_a_visit_that_begins_with_the_old_world_is_scored_as_that_until_an_episode_begins():
    visits = np.array([[0, 0, 100], [1, 100, 200]])
    start, returns = np.array([0, 40, 90, 145, 155, 160]), np.array([3.0, 5.0, 7.0, 20.0, 50.0, 30.0])
    cut = np.array([False, False, False, True, False, False])
    scores = metrics.tenths(visits, start, returns, cut)
    assert scores[0].tolist() == [3.0] * 4 + [5.0] * 5 + [7.0]
    # No episode begins before age 145; the first one to begin counts although it is cut.
    assert scores[1].tolist() == [7.0] * 4 + [20.0, 50.0] + [30.0] * 4
