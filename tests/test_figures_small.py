"""Small charts side by side: the same scales, and nothing that breaks them."""

import numpy as np
import pytest

from explorer.figures import Curve, Profile, ProfileWords, loss_chart, profile_chart

WORDS = ProfileWords(title="Norm", start="first", end="last", image="<b>x</b>", code="z")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_profile_is_drawn_on_a_logarithmic_scale(theme):
    profile = Profile(start=[0.1, 1, 10], end=[0.01, 1, 100], n_encoder=2)
    figure = profile_chart(profile, WORDS, span=(1e-3, 1e3), theme=theme)
    first, last = figure.data
    assert list(first.y) == [-1, 0, 1]
    assert list(last.y) == [-2, 0, 2]
    low, high = figure.layout.yaxis.range
    assert low < -3 < 3 < high
    assert list(figure.layout.xaxis.tickvals) == [0, 1.5, 2]
    assert "<b>" not in figure.layout.xaxis.ticktext[0]


@pytest.mark.parametrize("norm", [0.0, np.nan, np.inf, 1e300])
def test_norms_beyond_all_scales_still_have_a_place(norm):
    profile = Profile(start=[1.0, norm], end=[norm, 1.0], n_encoder=1)
    figure = profile_chart(profile, WORDS, span=(1e-2, 1e300))
    assert all(np.isfinite(trace.y).all() for trace in figure.data)
    assert np.isfinite(figure.layout.yaxis.range).all()


def test_a_loss_stands_before_that_of_the_run_it_is_compared_with():
    own, other = (
        Curve(name=name, steps=[1, 2], losses=[height, height])
        for name, height in (("a", 1), ("b", 2))
    )
    figure = loss_chart(own, other, title="Loss", steps=(0, 9), losses=(0, 4))
    assert [trace.name for trace in figure.data] == ["b", "a"]
    assert tuple(figure.layout.xaxis.range) == (0, 9)
    alone = loss_chart(own, None, title="Loss", steps=(0, 9), losses=(0, 4))
    assert alone.layout.yaxis.range == figure.layout.yaxis.range
