"""What a life is judged by: pure functions of NumPy arrays, each with its formula and source.

Notation. A life has V visits, each to one of T tasks. A visit is cut into B = 10 equal *tenths* by age. J[v, b] is the
score of tenth b of visit v: the mean return of the episodes *begun* in it. Episodes are counted where they begin,
because counting those that end in a tenth, or weighting by steps, favours the long ones (length bias). An episode cut
by a change of world says little about its return, so a tenth in which any begun episode was cut, or none began, takes
the score of the tenth before it; in the first tenth of a visit that has any, the cut episodes count as they are. Where
a switch is gradual, what is lived of the old world in its slots counts for the visit that it leads to.

R[k, i] is the exam score of task i at the k-th exam: the mean return of a frozen policy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TENTHS = 10


def tenths(
    visits: np.ndarray, start: np.ndarray, returns: np.ndarray, cut: np.ndarray, bins: int = TENTHS
) -> np.ndarray:
    """Score every tenth of every visit (see the module's notation).

    Args:
        visits: Task, start and stop of each visit, shape (V, 3), ages in environment steps.
        start: Age at which each of M episodes began, shape (M,).
        returns: Their returns, shape (M,).
        cut: Whether each was cut by a change of world or the end of life, shape (M,), bool.
        bins: Parts of a visit.

    Returns:
        J, shape (V, bins); NaN only where a life has no episode at all up to that tenth.
    """
    scores = np.full((len(visits), bins), np.nan)
    for v, (_, begin, stop) in enumerate(visits):
        here = (start >= begin) & (start < stop)
        which = ((start[here] - begin) * bins) // (stop - begin)
        value, lost = returns[here], cut[here]
        first = which.min(initial=bins)
        for b in range(bins):
            inside = which == b
            if inside.any() and (b == first or not lost[inside].any()):
                scores[v, b] = value[inside].mean()
            elif v > 0 or b > 0:
                scores[v, b] = scores.flat[v * bins + b - 1]
    return scores


def weights(visits: np.ndarray) -> np.ndarray | None:
    """Say how much each visit counts in sums over a life: its length over the mean length, shape (V,).

    Args:
        visits: Task, start and stop of each visit, shape (V, 3).

    Returns:
        The weights; None where all visits are equally long and count alike.
    """
    lengths = visits[:, 2] - visits[:, 1]
    return None if (lengths == lengths[0]).all() else lengths / lengths.mean()


def lifetime_return(scores: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Average score over the whole life: mean of J over all visits and tenths, long visits counting more.

    Source: "average performance" of C-CHAIN (Tang et al. 2025, eq. 1), the lifetime mean of the training curve, here
    counted by the episodes begun.

    Args:
        scores: J, shape (V, B).
        weight: How much each visit counts, shape (V,), 1 on average (see `weights`); all alike if None.
    """
    return float(np.mean(scores if weight is None else scores * weight[:, None]))


def episode_return(returns: np.ndarray, cut: np.ndarray) -> float:
    """Plain mean over the episodes that came to an end of their own; short ones are many and weigh more."""
    whole = returns[~cut]
    return float(whole.mean()) if whole.size else float("nan")


def reward_rate(returns: np.ndarray, steps: int) -> float:
    """Mean reward of an environment step over the whole life, cut episodes included.

    In labelled worlds, whose reward is 1 for a right answer, this is the online accuracy of Dohare et al. (Nature
    2024): the share of all pictures that were named rightly, each before it was learnt from.

    Args:
        returns: Undiscounted return of every episode, cut or not, shape (M,).
        steps: Environment steps of the life.
    """
    return float(returns.sum() / steps)


def late_reward_rate(returns: np.ndarray, visit: np.ndarray, visits: np.ndarray, share: float = 0.2) -> float:
    """Mean reward of an environment step over the last visits of a life, cut episodes included.

    Args:
        returns: Undiscounted return of every episode, cut or not, shape (M,).
        visit: The visit of each episode, shape (M,).
        visits: Task, start and stop of each visit, shape (V, 3).
        share: Share of the visits that is late.
    """
    first = len(visits) - max(1, round(share * len(visits)))
    return float(returns[visit >= first].sum() / (visits[-1, 2] - visits[first, 1]))


def visit_rates(returns: np.ndarray, visit: np.ndarray, visits: np.ndarray) -> np.ndarray:
    """Mean reward of an environment step in each visit, cut episodes included, shape (V,).

    In labelled worlds the online accuracy on each task.

    Args:
        returns: Undiscounted return of every episode, cut or not, shape (M,).
        visit: The visit of each episode, shape (M,).
        visits: Task, start and stop of each visit, shape (V, 3).
    """
    return np.bincount(visit, returns, len(visits)) / (visits[:, 2] - visits[:, 1])


def kept(rates: np.ndarray, visits: np.ndarray) -> float:
    """Mean reward per step at the end of life in all tasks but the one visited last; of never visited ones not at all.

    In labelled worlds: the mean accuracy on all earlier tasks.

    Args:
        rates: Mean reward per step of each task, shape (T,).
        visits: Task, start and stop of each visit, shape (V, 3).

    Returns:
        NaN for a life of one task.
    """
    earlier = sorted(set(visits[:-1, 0].tolist()) - {int(visits[-1, 0])})
    return float(rates[earlier].mean()) if earlier else float("nan")


def away(visits: np.ndarray) -> dict[int, int]:
    """Count for each task that was met how many visits went by since it was left, in the order of the tasks.

    Args:
        visits: Task, start and stop of each visit, shape (V, 3).

    Returns:
        Task -> visits to others at the end of life: 0 for the one visited last.
    """
    last = {int(task): place for place, task in enumerate(visits[:, 0])}
    return {task: len(visits) - 1 - last[task] for task in sorted(last)}


def best_scores(scores: np.ndarray, tasks: np.ndarray, count: int) -> np.ndarray:
    """Highest score of a last tenth of a visit, for each task, shape (count,).

    The reference of `regret` is the maximum of this over all agents and seeds that are compared.

    Args:
        scores: J, shape (V, B).
        tasks: Task of each visit, shape (V,).
        count: Number of tasks T; -inf for a task that is never visited.
    """
    best = np.full(count, -np.inf)
    np.maximum.at(best, tasks, scores[:, -1])
    return best


def regret(scores: np.ndarray, tasks: np.ndarray, best: np.ndarray, weight: np.ndarray | None = None) -> float:
    """What was missed over the life: the sum over visits v and tenths b of best[task(v)] - J[v, b].

    Dynamic regret, sum over t of J*(task(t)) - J(t), with one constant per task for the unknown optimum J*: the highest
    score of a last tenth that any of the compared agents (or a given reference) reached; a visit counts by its length.
    In units of return x tenths of a visit of mean length; only ratios between agents of one comparison mean something.

    Args:
        scores: J, shape (V, B).
        tasks: Task of each visit, shape (V,).
        best: Reference score of each task, shape (T,).
        weight: How much each visit counts, shape (V,), 1 on average (see `weights`); all alike if None.
    """
    missed = best[tasks][:, None] - scores
    return float(np.sum(missed if weight is None else missed * weight[:, None]))


def visit_means(scores: np.ndarray, tasks: np.ndarray) -> list[float]:
    """Mean score of the first visits to tasks, of the second visits, and so on."""
    order = occurrence(tasks)
    return [float(scores[order == k].mean()) for k in range(int(order.max()) + 1)]


def leaving_score(scores: np.ndarray) -> float:
    """How well the worlds are known when they are left: mean of the last tenths. Read retention only beside this."""
    return float(scores[:, -1].mean())


def returns_home(tasks: np.ndarray) -> list[tuple[int, int]]:
    """List the returns to known worlds: pairs (visit, the visit before it to the same task), in order."""
    last: dict[int, int] = {}
    pairs = []
    for v, task in enumerate(tasks.tolist()):
        if task in last:
            pairs.append((v, last[task]))
        last[task] = v
    return pairs


def retention_on_return(scores: np.ndarray, tasks: np.ndarray) -> float:
    """Share of what was known on leaving a world that is there on coming back.

    Sum over all returns of J[return, first tenth] divided by the sum of J[the visit before, last tenth]. A ratio of
    sums, because a ratio of each would be wild where little was known. For returns above zero; NaN if the sum on
    leaving is not positive, or no world is met again.
    """
    pairs = returns_home(tasks)
    left = sum(scores[before, -1] for _, before in pairs)
    back = sum(scores[again, 0] for again, _ in pairs)
    return float(back / left) if left > 0 else float("nan")


def recovery_steps(scores: np.ndarray, visits: np.ndarray, share: float = 0.9) -> float:
    """Mean number of steps, over all returns to known worlds, until the score is back at 90 % of the level on leaving.

    A return has recovered at the start of the first tenth whose score is at least L - (1 - share) |L|, where L is the
    last tenth of the visit before (for positive L that is 0.9 L); the resolution is a tenth of a visit, so 0 means
    within the first. A return that never recovers counts with the whole visit, which flatters slow learners.

    Source: "recovery time" of L2M (l2metrics), on returns to a known task. NaN if no world is met again.

    Args:
        scores: J, shape (V, B).
        visits: Task, start and stop of each visit, shape (V, 3).
        share: Share of the level that counts as recovered, in (0, 1].
    """
    steps = []
    for again, before in returns_home(visits[:, 0]):
        level = scores[before, -1]
        length = visits[again, 2] - visits[again, 1]
        enough = np.flatnonzero(scores[again] >= level - (1 - share) * abs(level))
        steps.append(length * (enough[0] / scores.shape[1]) if enough.size else length)
    return float(np.mean(steps)) if steps else float("nan")


# --- exams ----------------------------------------------------------------------------------------------------------


def final_average(exams: np.ndarray) -> float:
    """Mean over tasks of the last exam: P(T) = mean_i R[K, i].

    Source: "average performance", Continual World (Wolczyk et al. 2021, section 3.1).
    """
    return float(exams[-1].mean())


def forgetting_final(exams: np.ndarray, ages: np.ndarray, visits: np.ndarray) -> float:
    """What was lost since each world was last left: mean over visited tasks i of R[e(i), i] - R[K, i].

    e(i) is the exam at the end of the last visit to task i; NaN if there was none (`exams.every: visit` has it). With
    one visit a task this is Continual World's F (Wolczyk et al. 2021, section 3.1), apart from their smoothing over
    five evaluations. Negative: it grew.

    Args:
        exams: R, shape (K, T).
        ages: Ages of the exams, shape (K,), rising.
        visits: Task, start and stop of each visit, shape (V, 3).
    """
    losses = []
    for task in np.unique(visits[:, 0]):
        losses.append(_score(exams, ages, visits[visits[:, 0] == task, 2].max(), task) - exams[-1, task])
    return float(np.mean(losses))


def forgetting_away(exams: np.ndarray, ages: np.ndarray, visits: np.ndarray) -> float:
    """What an absence costs: mean over visits v that are followed by others of R[e(v), i] - R[a(v), i], i=task(v).

    e(v) is the exam at the end of the visit, a(v) the one at the start of the next visit to the same task, or at the
    end of life if there is none; NaN if an exam is missing (`exams.every: visit` has them all). The last visit of a
    life has no absence and does not count. Isolated forgetting of CORA (Powers et al. 2022, eq. 2), summed over one
    absence and averaged. NaN for a life of one visit.
    """
    losses = []
    for v, (task, _, stop) in enumerate(visits[:-1]):
        later = visits[v + 1 :]
        again = later[later[:, 0] == task]
        until = again[0, 1] if len(again) else later[-1, 2]
        losses.append(_score(exams, ages, stop, task) - _score(exams, ages, until, task))
    return float(np.mean(losses)) if losses else float("nan")


def forgetting_peak(exams: np.ndarray) -> float:
    """Mean over tasks of the best exam ever minus the last: mean_i (max_k R[k, i] - R[K, i]); never negative.

    Source: "peak to final" forgetting as in MEAL's metrics, without its division by the final score. Biased upwards by
    the noise of the maximum.
    """
    return float((exams.max(axis=0) - exams[-1]).mean())


def zero_shot_transfer(exams: np.ndarray, ages: np.ndarray, visits: np.ndarray) -> float:
    """What is known of a world before it is met: mean over tasks i but the first of R[b(i), i] - R[birth, i].

    b(i) is the exam at the start of the first visit to i, birth the exam at age 0. Source: forward transfer of GEM
    (Lopez-Paz and Ranzato 2017, section 2). NaN if one of these exams is missing, or with one task only.

    Args:
        exams: R, shape (K, T).
        ages: Ages of the exams, shape (K,), rising.
        visits: Task, start and stop of each visit, shape (V, 3).
    """
    gains = []
    for task in np.unique(visits[:, 0]):
        begin = visits[visits[:, 0] == task, 1].min()
        if begin > 0:
            gains.append(_score(exams, ages, begin, task) - _score(exams, ages, 0, task))
    return float(np.mean(gains)) if gains else float("nan")


def forward_transfer(scores: np.ndarray, tasks: np.ndarray, alone: Sequence[float], best: np.ndarray) -> float:
    """How much faster new worlds are learned than from scratch: mean over tasks of (A_i - A0_i) / (best_i - A0_i).

    A_i is the mean score of the first visit to task i, A0_i that of a newborn which lives the same number of steps in
    task i alone, best_i the reference score of the task. Source: FT of Continual World (Wolczyk et al. 2021, section
    3.1), with its maximum success 1 replaced by best_i. Tasks on which the newborn is as good as the best are left out.

    Args:
        scores: J, shape (V, B).
        tasks: Task of each visit, shape (V,).
        alone: A0, one for each of T tasks.
        best: Reference score of each task, shape (T,).
    """
    gains = []
    for task in np.unique(tasks):
        first = scores[int(np.flatnonzero(tasks == task)[0])].mean()
        room = best[task] - alone[task]
        if room > 0:
            gains.append((first - alone[task]) / room)
    return float(np.mean(gains)) if gains else float("nan")


def occurrence(tasks: np.ndarray) -> np.ndarray:
    """Count for each visit how often its task was visited before, shape (V,)."""
    seen: dict[int, int] = {}
    counts = []
    for task in tasks.tolist():
        counts.append(seen.get(task, 0))
        seen[task] = counts[-1] + 1
    return np.array(counts, dtype=np.int64)


def _score(exams: np.ndarray, ages: np.ndarray, age: int, task: int) -> float:
    """Return the score of a task in the exam at an age, NaN if there was none: another moment is another question."""
    found = np.flatnonzero(ages == age)
    return float(exams[found[0], task]) if len(found) else float("nan")
