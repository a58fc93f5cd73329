"""Labelled pictures as a stream on the life clock: a class is the action, being right the reward."""

import gymnasium as _gymnasium

ENV_ID = "lifelong/Labelled-v0"


def register_labelled() -> None:
    """Register the stream with Gymnasium. It truncates episodes by itself: no wrapper."""
    _gymnasium.register(
        id=ENV_ID,
        entry_point="envs.labelled.env:LabelledEnv",
        vector_entry_point="envs.labelled.env:make_vector_env",
    )
