"""Lives of labelled pictures: the streams on which continual supervised learners are compared."""

from __future__ import annotations

from envs.changes import Change, Permute, Relabel, Turn
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task
from envs.when import Linear


def permuted(data: str, tasks: int, steps: int, length: int = 25) -> Schedule:
    """Make a life of tasks that differ by a permutation of the pixels, each drawn for it.

    Args:
        data: Which pictures.
        tasks: How many wirings.
        steps: Pictures of each.
        length: Pictures an episode; see `shown`.
    """
    wirings = tuple(shown(data, f"wiring_{index:03d}", Permute(), length) for index in range(tasks))
    return Schedule(wirings, steps=steps)


def shown(data: str, name: str, change: Change, length: int = 25) -> Task:
    """Make a task of labelled pictures; they are read when it is first lived, not here.

    Args:
        data: Which pictures.
        name: Name of the task.
        change: What is changed about them.
        length: Pictures an episode: several whole ones are to fit into a task that many bodies share.
    """
    return Task(name, "lifelong/Labelled-v0", (change,), {"data": data, "length": length})


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


@life
def rotating_mnist() -> Schedule:
    """MNIST turning once around in the course of the life, by 10 degrees in each of 36 visits of 5,000 pictures.

    The angle grows evenly, in steps of half a degree; a visit is one stretch of that and not a world of its own. In an
    exam pictures are turned as at the beginning of the visit.

    Source: rotated MNIST, Lopez-Paz and Ranzato 2017 (arXiv:1706.08840), section 5.1, who turn at once; turning slowly
    is ours.
    """
    steps, degrees = 5_000, 10
    stretches = tuple(
        shown(
            "mnist",
            f"turned_{index * degrees:03d}",
            Turn(Linear(index * degrees, (index + 1) * degrees, over=steps, begin=index * steps)),
        )
        for index in range(360 // degrees)
    )
    return Schedule(stretches, steps=steps)


@life
def relabelled_mnist() -> Schedule:
    """MNIST with the classes called otherwise: fifty orders of the ten classes, 5,000 pictures each.

    Source: Elsayed and Mahmood, "Addressing loss of plasticity and catastrophic forgetting in continual learning" (ICLR
    2024), label-permuted streams; theirs are of EMNIST, CIFAR-10 and mini-ImageNet, 2,500 pictures a task.
    """
    return Schedule(tuple(shown("mnist", f"names_{index:03d}", Relabel()) for index in range(50)), steps=5_000)
