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

    Sliders that nobody has named are named after known factors, where there are any, and then
    coordinates are turned round so that to the right is more of what the name says.

    Args:
        bundle: As training made it.
        command: The command line that makes it again.
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
    """Return a bundle that bears these scores, in its settings and on its card."""
    # Whatever the file says of it.
    command = train_command(bundle.config, bundle.name) if bundle.config else ""
    scored = replace(
        bundle, scores=kept_scores(scores), factor_r2=kept_scores(factor_r2), command=command
    )
    return replace(scored, card=card_text(scored))


def train_command(config: TrainConfig, name: str) -> str:
    """Return the command line that makes a bundle called `name` from these settings again."""
    # Batch size and likelihood, if not named, would be chosen to fit the images, and others to fit
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
    """Add spacing and projections; t-SNE, which takes longest, is what is reported.

    Draws from the prior have no neighbourhoods for t-SNE to show, so with them there is none.
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
    """Name sliders after known factors, where there are any, which rise to the right."""
    from explorer.data import factor_sense
    from explorer.latent.mirroring import mirror
    from explorer.latent.stats import falling_dimensions, name_dimensions

    codes, factor_names = bundle.codes, bundle.data.factor_names
    if bundle.slider_names or codes.factors is None:
        return bundle
    factors = name_dimensions(codes.mu, codes.factors, factor_names)
    columns = {i: factor_names.index(factor) for i, factor in factors.items()}
    senses = {i: factor_sense(bundle.images_of, factor) for i, factor in factors.items()}
    names = {i: ": ".join(filter(None, (factor, senses[i]))) for i, factor in factors.items()}
    turned = mirror(bundle, falling_dimensions(codes.mu, codes.factors, columns))
    return replace(turned, slider_names=names)


def _packed(bundle: ModelBundle) -> bytes | None:
    """Return the decoder as the browser runs it, or None where it cannot be packed."""
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
    """Draw nine test items as the model sees them, three by three on nothing, as a PNG.

    Of a model without an encoder they are draws from the prior, which is what it was made for.
    """
    from explorer.latent.encode import decode

    generated = np.flatnonzero(~bundle.codes.of_images)
    rows = generated[:9] if len(generated) else _varied(bundle.codes, 9)
    canvas = Image.new("RGBA", (_PREVIEW_SIDE, _PREVIEW_SIDE))
    for i, x_hat in enumerate(decode(bundle, bundle.codes.mu[rows])):
        cell = to_picture(x_hat)
        # Pixels stay pixels where they fit; elsewhere they are resampled.
        whole = _CELL % cell.width == 0
        resample = Image.Resampling.NEAREST if whole else Image.Resampling.LANCZOS
        at = tuple(_GAP + (_CELL + _GAP) * step for step in (i % 3, i // 3))
        canvas.paste(cell.resize((_CELL, _CELL), resample), (at[0], at[1]))
    stream = io.BytesIO()
    canvas.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _varied(codes: Codes, count: int) -> np.ndarray:
    """Choose items for a preview as they come, each class in turn; rows, shape (count,)."""
    n = len(codes.mu)
    labels = np.zeros(n, np.int64) if codes.labels is None else codes.labels
    turn = np.empty(n, np.int64)  # how many of its class come before each item
    for label in np.unique(labels):
        turn[labels == label] = np.arange(np.count_nonzero(labels == label))
    return np.lexsort((labels, turn))[:count]
