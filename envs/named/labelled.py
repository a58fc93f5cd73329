"""Lives of labelled pictures: the streams on which continual supervised learners are compared."""

from __future__ import annotations

from envs.changes import Permute
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task


def permuted(data: str, tasks: int, steps: int, length: int = 25) -> Schedule:
    """Make a life of tasks that differ by a permutation of the pixels, each drawn for it.

    Args:
        data: Which pictures.
        tasks: How many wirings.
        steps: Pictures of each.
        length: Pictures an episode: several whole ones are to fit into a task that many bodies share.
    """
    kwargs = {"data": data, "length": length}
    wirings = tuple(Task(f"wiring_{index:03d}", "lifelong/Labelled-v0", (Permute(),), kwargs) for index in range(tasks))
    return Schedule(wirings, steps=steps)


@life
def permuted_mnist() -> Schedule:
    """Online Permuted MNIST: 200 wirings of the pixels, 60,000 pictures each, every picture once.

    Source: Dohare et al., "Loss of plasticity in deep continual learning" (Nature 2024), online permuted MNIST; theirs
    has up to 800 tasks.
    """
    return permuted("mnist", 200, 60_000, length=250)


@life
def permuted_mnist_5k() -> Schedule:
    """Permuted MNIST in a hurry: 200 wirings of the pixels, 5,000 pictures each.

    Source: Elsayed and Mahmood, "Addressing loss of plasticity and catastrophic forgetting in continual learning" (ICLR
    2024), input-permuted MNIST.
    """
    return permuted("mnist", 200, 5_000)


@life
def permuted_digits() -> Schedule:
    """Twenty wirings of 8 x 8 pixels, two passes over the 1,500 digits each; needs no download."""
    return permuted("digits", 20, 3_000)


@life
def permuted_cifar() -> Schedule:
    """Fifty wirings of the pixels of CIFAR-10, 10,000 pictures each."""
    return permuted("cifar10", 50, 10_000)
