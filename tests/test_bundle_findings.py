"""What a card promises follows from the scores."""

from dataclasses import replace

import pytest

from explorer import store
from explorer.bundle import bundles_in, read_summary
from explorer.bundle.card import card_text
from explorer.bundle.findings import findings

SHIPPED = [read_summary(folder) for folder in bundles_in(store.pretrained_folder())]


def told(tiny, **scores: float) -> str:
    return " ".join(findings(replace(tiny, scores=scores)))


def test_without_scores_nothing_is_promised(tiny):
    assert findings(replace(tiny, scores={})) == []
    assert "What to expect" not in card_text(replace(tiny, scores={}))


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({"ssim": 0.95}, "Reconstructions are close to the originals (SSIM 0.95)."),
        ({"ssim": 0.7}, "lose detail"),
        ({"ssim": 0.5}, "only rough likenesses"),
        ({"ssim": 0.95, "n_searched": 128.0}, "that a search finds"),
        ({"coverage": 0.92}, "cover the data well: 92%"),
        ({"coverage": 0.6}, "in part: 60%"),
        ({"coverage": 0.18}, "miss most of the data: only 18%"),
        ({"prior_share": 0.5}, "leave gaps in the prior: only 50%"),
        ({"prior_share": 0.03}, "fill little of the prior: only 3%"),
        ({"prior_share": 0.001}, "only 0.1%"),
        ({"density": 5.4}, "crowd where images are most common (density 5.4"),
        ({"diversity": 0.3}, "they differ only 30% as much"),
        ({"sharpness": 0.21}, "21% of the fine detail"),
        ({"active_units": 1.0}, "1 of 2 dimensions carry"),
        ({"active_units": 0.0}, "posterior has collapsed"),
        ({"mig": 0.5}, "a slider of their own"),
        ({"mig": 0.1}, "share sliders"),
    ],
)
def test_each_score_has_its_sentence(tiny, scores, words):
    assert words in told(tiny, **scores)


def test_good_scores_raise_no_complaint(tiny):
    good = {"prior_share": 0.9, "density": 1.0, "diversity": 1.0, "sharpness": 0.9}
    assert told(tiny, **good, active_units=2.0) == ""


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_the_card_and_its_line_promise_no_more_than_was_measured(model):
    card = (model.folder / "README.md").read_text(encoding="utf-8")
    for sentence in findings(model):
        assert f"- {sentence}" in card
    coverage = model.scores["coverage"]
    assert ("Random pictures cover the data well" in card) == (coverage >= 0.8)
    assert ("Random pictures miss most of the data" in card) == (coverage < 0.5)


def test_a_vae_whose_random_codes_fall_into_holes_says_so():
    model = next(model for model in SHIPPED if model.name == "fashion-vae")
    assert "miss most of the data: only 18% of real images" in " ".join(findings(model))
    assert "most random codes fall between" in model.look_for
