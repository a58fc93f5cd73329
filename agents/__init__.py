"""Learners behind one protocol; importing this package registers every shipped kind of agent."""

from agents.brain import BrainSpec
from agents.ppo import PPOSpec
from agents.ppo_cbp import PPOCBPSpec
from agents.protocol import Agent, AgentSpec, Policy, Step, check_autoreset, vector_steps
from agents.random_agent import RandomAgent, RandomPolicy, RandomSpec

__all__ = [
    "Agent",
    "AgentSpec",
    "BrainSpec",
    "PPOCBPSpec",
    "PPOSpec",
    "Policy",
    "RandomAgent",
    "RandomPolicy",
    "RandomSpec",
    "Step",
    "check_autoreset",
    "vector_steps",
]
