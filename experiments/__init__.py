"""Experiments: agents living changing lives, examined, recorded and compared."""

from experiments.load import SpecError as SpecError
from experiments.load import dump as dump
from experiments.load import load as load
from experiments.load import parse as parse
from experiments.spec import ExamPlan as ExamPlan
from experiments.spec import Experiment as Experiment

__all__ = ["ExamPlan", "Experiment", "SpecError", "dump", "load", "parse"]
