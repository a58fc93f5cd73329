"""A brain that lives in one stream on the CPU: laid out for learning at every step (needs numba)."""

from lifelong_agent.stream.learner import StreamLearner, make_stream_learner

__all__ = ["StreamLearner", "make_stream_learner"]
