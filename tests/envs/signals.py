"""Strategies that make signals and paces of every kind, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from envs.when import (
    Ages,
    Between,
    Bursts,
    Clipped,
    Constant,
    Cyclic,
    Decaying,
    Exponential,
    Geometric,
    Held,
    Linear,
    Memoryless,
    OrnsteinUhlenbeck,
    Paced,
    Periodic,
    Polynomial,
    Product,
    RandomWalk,
    Saw,
    Shifted,
    Sigmoid,
    Sinusoid,
    Steps,
    Sum,
    Switching,
    Uniform,
    Window,
    Windows,
)

numbers = st.floats(-1e6, 1e6) | st.floats(-2, 2)
lengths = st.integers(1, 300)
ages = st.integers(0, 1000)
rising = st.lists(st.integers(1, 1000), unique=True, max_size=6).map(lambda found: tuple(sorted(found)))


@st.composite
def windows(draw):
    edges = sorted(draw(st.lists(st.integers(0, 300), unique=True, min_size=2, max_size=8)))
    pairs = tuple(zip(edges[::2], edges[1::2], strict=False))
    return Windows(pairs, draw(st.none() | st.integers(pairs[-1][1], pairs[-1][1] + 100)))


@st.composite
def betweens(draw):
    begin = draw(ages)
    return Between(draw(paces), begin, draw(st.none() | st.integers(begin + 1, 1500)))


fixed_paces = st.one_of(st.builds(Periodic, lengths, ages), st.builds(Ages, rising), windows())
drawn_paces = st.builds(Memoryless, st.floats(1, 100)) | st.builds(Decaying, st.floats(1e-3, 1.0), st.floats(1, 1000))
paces = st.deferred(lambda: fixed_paces | drawn_paces | betweens())
every = lengths | paces
pairs = st.tuples(numbers, numbers).map(sorted)


@st.composite
def walks(draw):
    low, high = draw(pairs.filter(lambda pair: pair[0] < pair[1]))
    start = draw(st.floats(low, high))
    return RandomWalk(
        start,
        draw(st.floats(0, high - low)),
        draw(every),
        draw(st.floats(-1, 1)),
        draw(st.sampled_from(["both", "up", "down"])),
        draw(st.sampled_from([low, None])),
        draw(st.sampled_from([high, None])),
        draw(st.sampled_from(["reflect", "clip", "restart", "turn"])),
    )


@st.composite
def steps(draw):
    at = draw(rising)
    return Steps(tuple(draw(st.lists(numbers, min_size=len(at) + 1, max_size=len(at) + 1))), at)


def between(make):
    return pairs.flatmap(lambda pair: make(*pair))


values = st.lists(numbers, min_size=2, max_size=4).map(tuple)
positive = st.floats(1e-3, 1e6)
drawn = st.one_of(
    st.builds(Cyclic, values, every),
    between(lambda low, high: st.builds(Uniform, st.just(low), st.just(high), every)),
    st.builds(Switching, values, every),
    st.just(Switching((0.0, 1.0, 3.0), 5, ((0.0, 0.5, 0.5), (1.0, 0.0, 0.0), (0.1, 0.9, 0.0)))),
    st.builds(Bursts, st.floats(1, 200), st.floats(1, 200), numbers, numbers),
    walks(),
    between(
        lambda low, high: st.builds(
            OrnsteinUhlenbeck,
            numbers,
            st.floats(0, 1e3),
            st.floats(1e-4, 10),
            lengths,
            st.none() | numbers,
            st.sampled_from([low, None]),
            st.sampled_from([high, None]),
        )
    ),
)
fixed = st.one_of(
    st.builds(Constant, numbers),
    steps(),
    st.builds(lambda begin, length, *rest: Window(begin, begin + length, *rest), ages, lengths, numbers, numbers),
    st.builds(
        lambda begin, length, more: Window(begin, begin + length, period=begin + length + more), ages, lengths, ages
    ),
    st.builds(Linear, numbers, numbers, lengths, ages),
    st.builds(Geometric, positive, positive, lengths, ages),
    st.builds(Exponential, numbers, numbers, positive, ages),
    st.builds(Sigmoid, numbers, numbers, numbers, positive),
    st.builds(Polynomial, st.lists(numbers, min_size=1, max_size=5).map(tuple), lengths, ages),
    st.builds(Sinusoid, st.floats(1, 500), st.floats(0, 1), numbers, st.floats(0, 1e6)),
    between(
        lambda low, high: st.builds(
            Saw, st.floats(1, 500), st.floats(0, 1), st.just(low), st.just(high), st.floats(0, 1)
        )
    ),
)


def combined(parts):
    several = st.lists(parts | numbers, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Sum, several),
        st.builds(Product, several),
        parts.flatmap(
            lambda part: between(lambda low, high: st.builds(Clipped, st.just(part), st.just(low), st.just(high)))
        ),
        st.builds(Shifted, parts, st.integers(-500, 500)),
        st.builds(Held, parts, every),
        st.builds(Paced, parts, every),
    )


signals = st.recursive(fixed | drawn, combined, max_leaves=3)
