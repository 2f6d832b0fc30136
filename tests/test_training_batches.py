"""Tests for `training.batches` and `training.recent`: which images a step sees, and their means."""

import math

import pytest
import torch

from explorer.training.batches import Batches, generator_of
from explorer.training.recent import RecentMeans


@pytest.mark.parametrize(("n", "sizes"), [(12, [4, 4, 4]), (13, [4, 4, 5]), (14, [4, 4, 4, 2])])
def test_an_epoch_shows_every_image_once_and_no_batch_has_only_one(n, sizes):
    rows = torch.arange(100, 100 + n)
    batches = Batches(rows, size=4, seed=0)
    assert batches.per_epoch == len(sizes)
    epoch = [batches.rows_at(step) for step in range(batches.per_epoch)]
    assert [len(batch) for batch in epoch] == sizes
    assert sorted(torch.cat(epoch).tolist()) == rows.tolist()


def test_the_batch_of_a_step_does_not_depend_on_the_steps_before():
    unbroken = Batches(torch.arange(50), size=8, seed=3)
    seen = [unbroken.rows_at(step) for step in range(12)]
    assert torch.equal(Batches(torch.arange(50), size=8, seed=3).rows_at(11), seen[11])
    assert not torch.equal(seen[0], seen[unbroken.per_epoch]), "each epoch has its own order"


def test_each_use_and_epoch_has_random_numbers_of_its_own():
    generators = [
        generator_of(0, "noise"),
        generator_of(0, "shuffle"),
        generator_of(0, "shuffle", 1),
        generator_of(1, "noise"),
    ]
    assert len({torch.rand(1, generator=generator).item() for generator in generators}) == 4


def test_recent_means_favour_the_last_batches_and_leave_out_what_was_not_measured():
    recent = RecentMeans(("loss", "kl"))
    assert recent.by_name() == {}
    recent.add(torch.tensor([4.0, math.nan]), n_images=10)
    assert recent.by_name() == {"loss": 4.0}
    recent.add(torch.tensor([2.0, 1.0]), n_images=10)
    assert recent.by_name() == pytest.approx({"loss": (0.9 * 4 + 2) / 1.9, "kl": 1.0})
    assert recent.are_finite
    recent.add(torch.tensor([math.inf, 1.0]), n_images=10)
    assert not recent.are_finite
