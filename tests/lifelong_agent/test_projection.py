import pytest
import torch

from lifelong_agent.projection import project, random_rows


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_rows_have_unit_length_and_see_their_share():
    rows = random_rows(500, 40, 0.25, dice())
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(500))
    assert float((rows != 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    assert bool((random_rows(50, 40, 1.0, dice()) != 0).all())
    assert torch.equal(rows, random_rows(500, 40, 0.25, dice()))


@pytest.mark.parametrize("on", [0.0, 0.1, 1.0])
def test_bits_are_summed_as_a_matrix_product_would(on: float):
    weight = torch.randn(30, 7, generator=dice())
    sense = (torch.rand(6, 30, generator=dice(1)) < on).float()
    sense[2] = 0.0  # a stream that sees nothing, between others
    torch.testing.assert_close(project(sense, weight, bits=True), sense @ weight)
    torch.testing.assert_close(project(sense, weight, bits=False), sense @ weight)


def test_no_streams_give_no_drives():
    assert project(torch.zeros(0, 4), torch.ones(4, 3), bits=True).shape == (0, 3)
