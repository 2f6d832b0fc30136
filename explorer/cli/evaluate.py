"""`latent-explorer evaluate`: a bundle's scores on images it was not trained on."""

import argparse
import dataclasses
from typing import TYPE_CHECKING

from explorer import store
from explorer.bundle import read_bundle, write_bundle
from explorer.bundle.measures import in_order, name_of, value_of
from explorer.bundle.settings import kept_scores
from explorer.cli.terminal import ProgressLine, note, write, write_json
from explorer.completing import with_scores
from explorer.errors import BundleError, DataError
from explorer.words import decimal, say

if TYPE_CHECKING:
    from explorer.bundle import ModelBundle
    from explorer.data.imageset import ImageSet
    from explorer.evaluation import Scores


def evaluate(args: argparse.Namespace) -> int:
    """Score a bundle on a test split, print the scores, and keep them if asked to."""
    from explorer.evaluation import score

    bundle = read_bundle(store.find(args.bundle))
    data = args.data or _own_images(bundle)
    if args.keep:
        _refuse_shipped(bundle)
    with ProgressLine() as line:
        images = _load(bundle, data, line)
        if args.keep:
            _refuse_others(images, bundle, data)
        scores = score(
            bundle,
            images,
            nll_samples=args.nll_samples,
            nll_images=args.nll_images,
            report=line.report,
        )
    for measure, reason in scores.left_out.items():
        note(say("cli.left_out", what=measure, why=reason))
    if args.keep:
        assert bundle.folder is not None  # it was read from there
        for measure in scores.values.keys() - kept_scores(scores.values).keys():
            note(say("cli.evaluate.not_saved", measure=measure))
        write_bundle(with_scores(bundle, scores.values, scores.factor_r2), bundle.folder)
        note(say("cli.evaluate.saved", name=bundle.name))
    if args.json:
        write_json({"bundle": bundle.name, "data": data, **scores.to_json()})
    else:
        _tell(bundle, data, scores)
    return 0


def _own_images(bundle: "ModelBundle") -> str:
    """Return what a model was trained on.

    Raises:
        DataError: The bundle does not say it.
    """
    if bundle.images_of:
        return bundle.images_of
    raise DataError("cli.data_unknown", name=bundle.name)


def _load(bundle: "ModelBundle", data: str, line: ProgressLine) -> "ImageSet":
    """Load the images as the bundle's own were loaded, as far as that is for them too."""
    from explorer.data import load_for

    settings = bundle.settings_to_read(data)
    if data != bundle.images_of:
        settings = dataclasses.replace(settings, n_images=0)
    return load_for(settings, report=line.report)


def _refuse_shipped(bundle: "ModelBundle") -> None:
    """Refuse to write into a model that came with the program.

    Raises:
        BundleError: It did.
    """
    folder = bundle.folder
    if folder is None or folder.resolve().parent != store.pretrained_folder().resolve():
        return
    copy = store.free_folder(store.bundles_folder() / f"{bundle.name}-scored")
    raise BundleError(
        "cli.shipped_model", name=bundle.name, folder=folder, copy=copy, copy_name=copy.name
    )


def _refuse_others(images: "ImageSet", bundle: "ModelBundle", data: str) -> None:
    """Refuse to keep scores of images that are not the model's own, as its card says they are.

    Raises:
        DataError: They are others, or nothing tells that they are the same.
    """
    known = bundle.data.fingerprint
    if images.fingerprint() == known if known else data == bundle.images_of:
        return
    raise DataError("cli.other_images", data=data, name=bundle.name)


def _tell(bundle: "ModelBundle", data: str, scores: "Scores") -> None:
    """Print one line for each measure."""
    write(say("cli.evaluate.head", name=bundle.name, count=scores.n_images, data=data))
    for key in in_order(scores.values):
        write(f"  {name_of(key):<36} {value_of(key, scores.values[key])}")
    for name, share in scores.factor_r2.items():
        write(f"  {say('cli.evaluate.factor_r2', factor=name):<36} {decimal(share, 3)}")
