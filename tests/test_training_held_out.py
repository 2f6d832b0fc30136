"""The course of the held-out loss: its best, and whether it has turned."""

import math

from explorer.training import HeldOut


def course(*losses: tuple[float, float]) -> HeldOut:
    """The course of pairs of a held-out and a training loss, one pair for each 10 steps."""
    found = HeldOut()
    for i, (loss, train) in enumerate(losses, start=1):
        found = found.after(loss, train=train, step=10 * i)
    return found


def test_before_the_first_epoch_nothing_is_known():
    assert math.isnan(HeldOut().best)
    assert not HeldOut().is_overfitting


def test_the_best_step_is_that_of_the_smallest_loss():
    found = course((90, 90), (50, 40), (60, 30), (55, 20))
    assert (found.best_step, found.best, found.train_at_best) == (20, 50, 40)
    assert (found.last, found.train, found.n_stale) == (55, 20, 2)


def test_a_loss_that_rises_while_that_of_training_falls_is_overfitting():
    assert course((90, 90), (50, 40), (60, 30)).is_overfitting
    assert not course((90, 90), (50, 40), (51, 30)).is_overfitting, "a ripple"
    assert not course((90, 90), (50, 40), (60, 55)).is_overfitting, "both rise: steps too long"
    assert not course((90, 90), (50, 40), (40, 30)).is_overfitting


def test_negative_losses_turn_likewise():
    assert course((0, 0), (-200, -210), (-150, -300)).is_overfitting


def test_a_loss_that_is_no_number_is_never_the_best():
    found = course((90, 90), (math.nan, 90), (80, 80))
    assert (found.best_step, found.best) == (30, 80)
