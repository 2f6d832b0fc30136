"""Completes a freshly trained bundle: maps, spacing, pack, preview and model card.

Knows nothing of where bundles lie.
"""

import io
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from PIL import Image

from explorer.bundle import Codes, LatentMap, ModelBundle
from explorer.bundle.card import card_text
from explorer.bundle.settings import kept_scores
from explorer.config import TrainConfig, default_of
from explorer.data.imageset import ReportProgress
from explorer.data.pictures import to_picture
from explorer.words import say

_PREVIEW_SIDE, _CELL, _GAP = 256, 80, 4  # pixels: 3 cells and 4 gaps make 256


def complete(
    bundle: ModelBundle, *, command: str = "", report: ReportProgress | None = None
) -> ModelBundle:
    """Add to a freshly trained bundle what exploring needs: maps, spacing, pack, preview, card.

    If there are known factors, sliders without names are named after them, and their dimensions
    flipped so that the factor rises to the right.

    Args:
        bundle: As training made it.
        command: The command line that trains it again.
        report: Called with the fraction done and a few words.
    """
    report = report or (lambda fraction, words: None)
    bundle = _named(bundle)
    words = say("completing.maps")
    codes = _placed(bundle.codes, lambda fraction: report(0.8 * fraction, words))
    report(0.8, say("completing.pack"))
    pack = _packed(bundle)
    report(0.9, say("completing.preview"))
    preview = _preview(bundle)
    report(1.0, say("completing.done"))
    done = replace(
        bundle,
        codes=codes,
        pack=pack,
        preview=preview,
        command=command,
    )
    return replace(done, card=card_text(done))


def with_scores(
    bundle: ModelBundle, scores: Mapping[str, float], factor_r2: Mapping[str, float]
) -> ModelBundle:
    """Return a bundle with these scores, in its settings and on its card."""
    # The command in the file is not trusted.
    command = train_command(bundle.config, bundle.name) if bundle.config else ""
    scored = replace(
        bundle, scores=kept_scores(scores), factor_r2=kept_scores(factor_r2), command=command
    )
    return replace(scored, card=card_text(scored))


def train_command(config: TrainConfig, name: str) -> str:
    """Return the command line that trains a bundle called `name` with these settings."""
    # If left out, batch size and likelihood would be chosen to fit the images, and others to fit
    # the kind.
    shown = {"data", "kind", "latent_dim", "likelihood", "batch_size", "seed"}
    shown |= config.of_kind.defaults.keys()
    words = ["latent-explorer", "train"]
    for name_of, value in config.values().items():
        flag = name_of.replace("_", "-")
        if value == default_of(name_of) and name_of not in shown:
            continue
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            words += [f"--{flag}", text]
    return shlex.join([*words, "--out", name])


def _placed(codes: Codes, report: Callable[[float], None]) -> Codes:
    """Add spacing and maps; progress is that of t-SNE, which takes longest.

    Prior samples have no neighbourhoods that t-SNE could show, so with them there is no t-SNE map.
    """
    from explorer.latent.stats import active_dimensions, spacing
    from explorer.projection.pca import pca
    from explorer.projection.tsne import METHOD, tsne

    active = active_dimensions(codes.mu, codes.logvar)
    flat = pca(codes.mu)
    maps = {}
    if len(codes.mu) >= METHOD.fewest and codes.of_images.all():
        for step in tsne(codes.mu):
            report(step.iteration / max(step.n_iterations, 1))
        maps[METHOD.name] = LatentMap(xy=step.xy, method=METHOD.name, settings=METHOD.settings)
    return replace(
        codes,
        spacing=spacing(codes.mu, active=active).astype(np.float32),
        pca_mean=flat.mean,
        pca_components=flat.components,
        pca_variance=flat.variance_share,
        pca=flat.xy,
        maps=maps,
    )


def _named(bundle: ModelBundle) -> ModelBundle:
    """Name sliders after known factors, if there are any, so that these rise to the right."""
    from explorer.data import factor_sense
    from explorer.latent.mirroring import mirror
    from explorer.latent.stats import falling_dimensions, name_dimensions

    codes, factor_names = bundle.codes, bundle.data.factor_names
    if bundle.slider_names or codes.factors is None:
        return bundle
    factors = name_dimensions(codes.mu, codes.factors, factor_names)
    columns = {i: factor_names.index(factor) for i, factor in factors.items()}
    senses = {i: factor_sense(bundle.images_of, factor) for i, factor in factors.items()}
    names = {
        i: say("completing.sense", factor=factor, sense=senses[i]) if senses[i] else factor
        for i, factor in factors.items()
    }
    turned = mirror(bundle, falling_dimensions(codes.mu, codes.factors, columns))
    return replace(turned, slider_names=names)


def _packed(bundle: ModelBundle) -> bytes | None:
    """Return the decoder as the browser runs it; None if it cannot be packed."""
    from explorer.packing.pack import UnpackableError, pack_decoder

    model = bundle.model
    try:
        return pack_decoder(
            model.decoder,
            bundle.weights,
            latent_dim=model.latent_dim,
            image_shape=model.image_shape,
        )
    except UnpackableError:
        return None


def _preview(bundle: ModelBundle) -> bytes:
    """Return a PNG of nine reconstructed items, three by three on a transparent background.

    A model without an encoder shows prior samples, which is what it was made for.
    """
    from explorer.latent.encode import decode

    generated = np.flatnonzero(~bundle.codes.of_images)
    rows = generated[:9] if len(generated) else _varied(bundle.codes, 9)
    canvas = Image.new("RGBA", (_PREVIEW_SIDE, _PREVIEW_SIDE))
    for i, x_hat in enumerate(decode(bundle, bundle.codes.mu[rows])):
        cell = to_picture(x_hat)
        # Enlarged by whole pixels if they fit; otherwise resampled.
        whole = _CELL % cell.width == 0
        resample = Image.Resampling.NEAREST if whole else Image.Resampling.LANCZOS
        at = tuple(_GAP + (_CELL + _GAP) * step for step in (i % 3, i // 3))
        canvas.paste(cell.resize((_CELL, _CELL), resample), (at[0], at[1]))
    stream = io.BytesIO()
    canvas.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _varied(codes: Codes, count: int) -> np.ndarray:
    """Choose items for a preview in their order, each class in turn; rows, shape (count,)."""
    n = len(codes.mu)
    labels = np.zeros(n, np.int64) if codes.labels is None else codes.labels
    turn = np.empty(n, np.int64)  # number of items of the same class before each item
    for label in np.unique(labels):
        turn[labels == label] = np.arange(np.count_nonzero(labels == label))
    return np.lexsort((labels, turn))[:count]
