"""`latent-explorer evaluate`: a bundle's scores on images it was not trained on."""

import argparse
import dataclasses
from typing import TYPE_CHECKING

from explorer import store
from explorer.bundle import read_bundle
from explorer.bundle.measures import in_order, name_of, value_of
from explorer.bundle.settings import kept_scores
from explorer.cli.terminal import ProgressLine, note, say, say_json

if TYPE_CHECKING:
    from explorer.bundle import ModelBundle
    from explorer.data.imageset import ImageSet
    from explorer.evaluation import Scores


def evaluate(args: argparse.Namespace) -> int:
    """Score a bundle on a test split, print the scores, and keep them if asked to."""
    from explorer.evaluation import score

    bundle = read_bundle(store.find(args.bundle))
    data = args.data or bundle.config.data
    with ProgressLine() as line:
        images = _load(bundle, data, line)
        scores = score(
            bundle,
            images,
            nll_samples=args.nll_samples,
            nll_images=args.nll_images,
            report=line.report,
        )
    for measure, reason in scores.left_out.items():
        note(f"Left out {measure}: {reason}")
    if args.keep:
        assert bundle.folder is not None  # it was read from there
        for measure in scores.values.keys() - kept_scores(scores.values).keys():
            note(f"Not saved: {measure}, which is not a number that a bundle can hold")
        store.save(store.with_scores(bundle, scores.values, scores.factor_r2), bundle.folder)
        note(f'Saved in the bundle "{bundle.name}" and on its card')
    if args.json:
        say_json({"bundle": bundle.name, "data": data, **scores.to_json()})
    else:
        _tell(bundle, data, scores)
    return 0


def _load(bundle: "ModelBundle", data: str, line: ProgressLine) -> "ImageSet":
    """Load the images as the bundle's own were loaded, as far as that is for them too."""
    from explorer.data import load_for

    config = bundle.config
    n_images = config.n_images if data == config.data else 0
    return load_for(dataclasses.replace(config, data=data, n_images=n_images), report=line.report)


def _tell(bundle: "ModelBundle", data: str, scores: "Scores") -> None:
    """Print one line for each measure."""
    say(f"{bundle.name} on {scores.n_images:,} held-out images of {data}")
    for key in in_order(scores.values):
        say(f"  {name_of(key):<36} {value_of(key, scores.values[key])}")
    for name, share in scores.factor_r2.items():
        say(f"  {f'R² of {name}':<36} {share:.3f}")
