"""Pages of the documentation that are written by the code they describe."""

from experiments.pages.command import pages as pages

__all__ = ["pages"]
