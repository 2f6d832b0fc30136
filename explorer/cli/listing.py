"""`latent-explorer data` and `latent-explorer models`."""

import argparse
from typing import Any

from explorer.cli.terminal import ProgressLine, note, write, write_json
from explorer.config import SHAPING, TrainConfig
from explorer.data.fitting import Fitting
from explorer.words import decimal, say


def models(args: argparse.Namespace) -> int:
    """List the bundles found; damaged ones are left out and named on stderr."""
    from explorer import store

    listing = store.models()
    for problem in listing.problems:
        note(str(problem))
    if args.markdown:
        from explorer.bundle.table import table_text

        write(table_text(listing.models).rstrip("\n"))
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
        write_json({"models": rows})
        return 0
    for model in listing.models:
        shape = image_words(model.data.image_shape)
        dimensions = say("cli.models.dimensions", count=model.model.latent_dim)
        write(
            f"{model.name:<16} {model.kind:<10} {dimensions:>14}  {shape:<14} {model.data.name}\n"
            + (f"{'':<17}{model.title}\n" if model.title else "")
            + f"{'':<17}{model.folder}"
        )
    if not listing.models:
        note(say("cli.models.none"))
    return 0


def data(args: argparse.Namespace) -> int:
    """List the data sets, or describe one."""
    given = {name: value for name, value in vars(args).items() if name in SHAPING}
    if args.source is not None:
        return _describe(args.source, given, as_json=args.json)
    if given:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        args.wrong_usage(say("cli.usage.data_shaping", flags=flags))
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
        write_json({"data": rows})
        return 0
    for source in SOURCES.all():
        fetched = f"  {say('cli.data.downloaded')}" if source.needs_network else ""
        count = say("cli.data.images", count=source.n_images)
        write(f"{source.name:<16} {count:>14}  {source.description}{fetched}")
    write(say("cli.data.other_sources"))
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
        write_json(facts)
        return 0
    shape = image_words(images.image_shape)
    write(say("cli.data.head", name=images.name, count=len(images.pixels), shape=shape))
    for sentence in (*(images.fitting.notes() if images.fitting else ()), *images.notes):
        write(f"  {sentence}")
    for key, value in {
        "for_training": decimal(len(images.train_index), 0),
        "held_out": decimal(len(images.test_index), 0),
        "classes": ", ".join(images.class_names),
        "factors": ", ".join(images.factor_names),
        "source": images.source or say("cli.data.not_stated"),
        "licence": images.licence or say("cli.data.not_stated"),
    }.items():
        if value:
            write(f"  {say(f'cli.data.{key}'):<14} {value}")
    for left in images.skipped:
        note(say("cli.left_out", what=left.name, why=left.reason))
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
    return say(f"cli.image_{'colour' if c == 3 else 'grey'}", width=str(w), height=str(h))
