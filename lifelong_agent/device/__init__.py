"""A brain that lives on one device with its world: nothing in a step waits for the host."""

from lifelong_agent.device.learner import DeviceLearner, lives_on_device

__all__ = ["DeviceLearner", "lives_on_device"]
