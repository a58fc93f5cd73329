"""Learners behind one protocol; importing this package registers every shipped kind of agent."""

from agents.brain import BrainSpec
from agents.cbp import CBPSpec
from agents.classifier import ClassifierSpec
from agents.l2init import L2InitSpec
from agents.local_rule import LocalRuleSpec
from agents.ppo import PPOSpec
from agents.ppo_cbp import PPOCBPSpec
from agents.ppo_rule import PPOLocalRuleSpec, PPORuleSpec
from agents.protocol import Agent, AgentSpec, Policy, Step, check_autoreset, vector_steps
from agents.random_agent import RandomAgent, RandomPolicy, RandomSpec
from agents.redo import ReDoSpec
from agents.rule import GatedRuleSpec, RuleSpec
from agents.shrink_perturb import ShrinkPerturbSpec
from agents.weight_clipping import WeightClippingSpec

__all__ = [
    "Agent",
    "AgentSpec",
    "BrainSpec",
    "CBPSpec",
    "ClassifierSpec",
    "GatedRuleSpec",
    "L2InitSpec",
    "LocalRuleSpec",
    "PPOCBPSpec",
    "PPOLocalRuleSpec",
    "PPORuleSpec",
    "PPOSpec",
    "Policy",
    "RandomAgent",
    "RandomPolicy",
    "RandomSpec",
    "ReDoSpec",
    "RuleSpec",
    "ShrinkPerturbSpec",
    "Step",
    "WeightClippingSpec",
    "check_autoreset",
    "vector_steps",
]
