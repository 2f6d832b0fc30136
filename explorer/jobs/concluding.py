"""Judges a finished run: both of its ends, from the last report of its training.

Knows nothing of folders; a run's own process and the command line use it.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from explorer.data.imageset import ImageSet, evenly_spread
from explorer.jobs.ends import End, Ends
from explorer.verdict import Course, judge

if TYPE_CHECKING:
    from explorer.training import End as Trained
    from explorer.training import Progress

_MOST_IMAGES = 2_000  # of which the variance is taken


def concluded(progress: "Progress", images: ImageSet) -> Ends:
    """Judge a finished run.

    Args:
        progress: Its last report.
        images: What it learnt from, and was tested on.
    """
    assert progress.end is not None
    spread = _spread(images)
    judged = {end.which: _judged(end, progress, images, spread) for end in _ends(progress)}
    course = progress.held_out
    if course.best_step not in (0, progress.step):  # an end that was not asked for has only facts
        judged.setdefault("best", End(step=course.best_step, held_out=_finite(course.best)))
    judged.setdefault("last", End(step=progress.step, held_out=_finite(course.last)))
    return Ends(kept=progress.end.which, last=judged["last"], best=judged.get("best"))


def _spread(images: ImageSet) -> tuple[float, float]:
    """Return the variance of held-out and of training images about the mean training image."""
    learnt = images.images(evenly_spread(images.train_index, _MOST_IMAGES))
    mean, own = learnt.mean(axis=0), float(learnt.var(axis=0).mean())
    del learnt
    held_out = images.images(evenly_spread(images.test_index, _MOST_IMAGES))
    held_out -= mean
    return float(np.square(held_out, out=held_out).mean()), own


def _ends(progress: "Progress") -> "Iterator[Trained]":
    yield from (end for end in (progress.end, progress.other) if end is not None)


def _judged(
    end: "Trained", progress: "Progress", images: ImageSet, spread: tuple[float, float]
) -> End:
    course, status = progress.held_out, progress.adversarial
    is_best = end.which == "best"
    findings = judge(
        end.bundle,
        Course(
            keeps_best=is_best,
            first=course.first,
            best=course.best,
            best_step=course.best_step,
            last=course.last,
            last_step=progress.step,
            is_overfitting=course.is_overfitting,
            loss=_finite(course.train),
            pixel_variance=spread[0],
            learnt_variance=spread[1],
            n_learnt=len(images.train_index),
            n_held=len(images.test_index),
            adversarial=status.verdict if status else "",
            diversity=status.diversity if status else math.nan,
        ),
    )
    held_out = course.best if is_best else course.last
    return End(step=end.step, held_out=_finite(held_out), findings=findings)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
