"""`latent-explorer data` and `latent-explorer models`."""

import argparse
from typing import Any

from explorer.cli.terminal import ProgressLine, note, say, say_json
from explorer.config import SHAPING, TrainConfig
from explorer.data.fitting import Fitting


def models(args: argparse.Namespace) -> int:
    """List the bundles found; damaged ones are told on stderr and left out."""
    from explorer import store

    listing = store.models()
    for problem in listing.problems:
        note(str(problem))
    if args.markdown:
        from explorer.bundle.table import table_text

        say(table_text(listing.models).rstrip("\n"))
        return 0
    if args.json:
        rows = [
            {
                "name": model.name,
                "kind": model.kind,
                "data": model.data.name,
                "latent_dim": model.model.latent_dim,
                "image_shape": list(model.data.image_shape),
                "folder": str(model.folder),
                "title": model.title,
            }
            for model in listing.models
        ]
        say_json({"models": rows})
        return 0
    for model in listing.models:
        shape = image_words(model.data.image_shape)
        say(
            f"{model.name:<16} {model.kind:<10} {model.model.latent_dim:>3} dimensions  "
            f"{shape:<14} {model.data.name}\n"
            + (f"{'':<17}{model.title}\n" if model.title else "")
            + f"{'':<17}{model.folder}"
        )
    if not listing.models:
        note("No bundles yet. Make one: latent-explorer train --data digits --out my-digits")
    return 0


def data(args: argparse.Namespace) -> int:
    """List the data sets, or describe one."""
    given = {name: value for name, value in vars(args).items() if name in SHAPING}
    if args.source is not None:
        return _describe(args.source, given, as_json=args.json)
    if given:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        args.wrong_usage(f"{flags} says how images are prepared, so give a set or a path too")
    from explorer.data import SOURCES

    if args.json:
        rows = [
            {
                "name": source.name,
                "description": source.description,
                "n_images": source.n_images,
                "needs_network": source.needs_network,
            }
            for source in SOURCES.all()
        ]
        say_json({"data": rows})
        return 0
    for source in SOURCES.all():
        fetched = "  (downloaded once)" if source.needs_network else ""
        say(f"{source.name:<16} {source.n_images:>7,} images  {source.description}{fetched}")
    say("You can also give a folder of images, a zip of one, or an .npy or .npz file.")
    return 0


def _describe(source: str, given: dict[str, Any], *, as_json: bool) -> int:
    """Say what a set holds, and what a model would be trained on."""
    from explorer.data import load_for

    with ProgressLine() as line:
        images = load_for(TrainConfig(data=source, **given), report=line.report)
    c, h, w = images.image_shape
    facts: dict[str, object] = {
        "name": images.name,
        "n_images": len(images.pixels),
        "n_train": len(images.train_index),
        "n_test": len(images.test_index),
        "image_shape": [c, h, w],
        "fitting": _fitting_facts(images.fitting),
        "notes": list(images.notes),
        "class_names": list(images.class_names),
        "factor_names": list(images.factor_names),
        "source": images.source,
        "licence": images.licence,
        "skipped": [{"name": left.name, "reason": left.reason} for left in images.skipped],
    }
    if as_json:
        say_json(facts)
        return 0
    say(f"{images.name}: {len(images.pixels):,} images, {image_words(images.image_shape)}")
    for sentence in (*(images.fitting.told() if images.fitting else ()), *images.notes):
        say(f"  {sentence}")
    say(f"  for training   {len(images.train_index):,}")
    say(f"  held out       {len(images.test_index):,}")
    for words, values in (
        ("classes", images.class_names),
        ("known factors", images.factor_names),
    ):
        if values:
            say(f"  {words:<14} {', '.join(values)}")
    say(f"  source         {images.source or 'not stated'}")
    say(f"  licence        {images.licence or 'not stated'}")
    for left in images.skipped:
        note(f"Left out {left.name}: {left.reason}")
    return 0


def _fitting_facts(fitting: Fitting | None) -> dict[str, object] | None:
    """Return how images were brought to one size, as plain JSON values."""
    if fitting is None:
        return None
    return {
        "sizes": [[width, height, n] for (width, height), n in fitting.sizes],
        "side": fitting.side,
        "fit": fitting.fit,
        "n_not_square": fitting.n_not_square,
        "n_made_grey": fitting.n_made_grey,
    }


def image_words(image_shape: tuple[int, int, int]) -> str:
    """Return an image shape in words, such as "28x28 grey"."""
    c, h, w = image_shape
    return f"{w}x{h} {'colour' if c == 3 else 'grey'}"
