"""`latent-explorer encode`, `decode` and `project`: images to codes, codes to pictures or a map."""

import argparse
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer import store
from explorer.bundle import read_bundle
from explorer.cli.terminal import ProgressLine, note
from explorer.data.npz import npz_bytes, read_npz
from explorer.data.pictures import to_picture
from explorer.data.reading import Reading
from explorer.disk import replace_file
from explorer.errors import DataError, ShapeError
from explorer.foreign import door, parse_json
from explorer.words import say

if TYPE_CHECKING:
    from explorer.bundle import ModelBundle
    from explorer.data.imageset import ImageSet

_MOST_BYTES = 1 << 30  # of a file of codes, unpacked
_MOST_PICTURES = 10_000
_AT_A_TIME = 2_000  # images converted to floats


def encode(args: argparse.Namespace) -> int:
    """Write mu and logvar of all images, in their order."""
    from explorer.latent.encode import decode as pictures
    from explorer.latent.encode import encode as posteriors

    if args.reconstructions is not None:
        _refuse_other_than_png(args.reconstructions)
    bundle = read_bundle(store.find(args.bundle))
    words = say(f"cli.codes.{'encoding' if bundle.model.has_encoder else 'searching'}")
    parts = []
    with ProgressLine(often=args.often) as line:
        pixels, known = _images(args.images, bundle, line)
        seed = bundle.config.seed if bundle.config else 0
        for start in range(0, len(pixels), _AT_A_TIME):
            chunk = pixels[start : start + _AT_A_TIME]
            x = chunk.astype(np.float32) / np.float32(255)
            report = _of_the_whole(line, words, start / len(pixels), len(chunk) / len(pixels))
            report(0.0)
            parts.append(posteriors(bundle, x, seed=seed + start, report=report))
    mu, logvar = (np.concatenate([getattr(p, key) for p in parts]) for key in ("mu", "logvar"))
    arrays = {"mu": mu, "logvar": logvar, **known}
    if not bundle.model.has_encoder:
        n_steps = parts[0].n_steps
        arrays["n_steps"] = np.full(len(mu), n_steps)
        note(say("cli.codes.no_encoder", count=n_steps))
    replace_file(args.out, npz_bytes(arrays))
    dimensions = say("cli.models.dimensions", count=mu.shape[1])
    note(say("cli.codes.wrote", count=len(mu), dimensions=dimensions, path=args.out))
    if args.reconstructions is not None:
        drawn = mu[:_MOST_PICTURES]
        replace_file(args.reconstructions, _png(pictures(bundle, drawn)))
        which = "reconstructions" if len(drawn) == len(mu) else "first_reconstructions"
        counts = {"n_written": len(drawn), "n_codes": len(mu)}
        note(say(f"cli.codes.wrote_{which}", **counts, path=args.reconstructions))
    return 0


def _of_the_whole(
    line: ProgressLine, words: str, done: float, share: float
) -> Callable[[float], None]:
    """Return a report of one part of the work, which is a share of it and begins at another."""
    return lambda fraction: line.report(done + fraction * share, words)


def _known_of(images: "ImageSet") -> dict[str, np.ndarray]:
    """Return what is known of each image, so that its code can be recognised."""
    known = {
        "rows": np.arange(len(images.pixels)),
        "names": np.array(images.item_names),
        "is_test": images.is_test,
    }
    if images.labels is not None:
        known |= {"labels": images.labels, "class_names": np.array(images.class_names)}
    if images.factors is not None:
        known |= {"factors": images.factors, "factor_names": np.array(images.factor_names)}
    return known


def _images(
    images: str, bundle: "ModelBundle", line: ProgressLine
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Load images as the bundle reads them; one picture may come alone.

    Returns:
        Pixels, (n, c, h, w) uint8, and what is known of each image, by name.

    Raises:
        DataError: They cannot be read.
    """
    from explorer.data import load
    from explorer.data.decoding import SUFFIXES, read_one

    settings = bundle.settings_to_read(images)
    (c, side, _), fit = bundle.data.image_shape, settings.fit
    path, reading = Path(images), Reading.of(settings)
    if path.suffix.casefold() in SUFFIXES and path.is_file():
        data = path.read_bytes()
        one = read_one(data, path.name, size=side, grey=c == 1, fit=fit, reading=reading)
        return one[None], {"rows": np.zeros(1, np.int64), "names": np.array([path.name])}
    found = load(images, image_size=side, grey=c == 1, fit=fit, reading=reading, report=line.report)
    for sentence in found.notes:
        note(sentence)
    for left in found.skipped:
        note(say("cli.left_out", what=left.name, why=left.reason))
    return found.pixels, _known_of(found)


def decode(args: argparse.Namespace) -> int:
    """Draw codes as one PNG: a single code alone, several row by row in a square grid."""
    from explorer.latent.encode import decode as pictures

    _refuse_other_than_png(args.out)
    bundle = read_bundle(store.find(args.bundle))
    z = _parse_z(args.z, bundle) if args.codes is None else read_mu(args.codes)
    if len(z) > _MOST_PICTURES:
        raise DataError("cli.too_many_codes", count=len(z), most_pictures=_MOST_PICTURES)
    x_hat = pictures(bundle, z)  # (n, c, h, w)
    replace_file(args.out, _png(x_hat))
    note(say("cli.codes.wrote_pictures", count=len(x_hat), path=args.out))
    return 0


def _refuse_other_than_png(path: Path) -> None:
    """Refuse a name that says something else than what the file would hold.

    Raises:
        DataError: The name ends otherwise than in .png.
    """
    if path.suffix.casefold() not in ("", ".png"):
        name = path.with_suffix(".png")
        raise DataError("cli.not_png", path=path, suffix=path.suffix, name=name)


def project(args: argparse.Namespace) -> int:
    """Write the places of codes on a map, xy (n, 2)."""
    from explorer.projection import METHODS

    method = METHODS.named(args.method)
    assert method is not None  # the parser knows them all
    method.check_installed()
    mu = read_mu(args.codes)
    with ProgressLine(often=args.often) as line:
        for step in method.fit(mu, 0):
            if not method.is_exact:
                line.report(step.iteration / max(step.n_iterations, 1), method.title)
    replace_file(args.out, npz_bytes({"xy": step.xy}))
    note(say("cli.codes.wrote_places", count=len(mu), path=args.out))
    return 0


def read_mu(path: Path) -> np.ndarray:
    """Return the codes `mu` of an npz, shape (n, d), float32.

    Raises:
        DataError: The file is missing or damaged, or its mu is not a matrix of finite numbers.
    """
    with door(lambda why: DataError("cli.codes_unreadable", path=path, why=why)):
        if not path.exists():
            raise DataError("cli.no_codes_file", path=path)
        arrays = read_npz(path, cap_bytes=_MOST_BYTES, only="mu")
    if "mu" not in arrays:
        raise DataError("cli.no_mu", path=path)
    mu = arrays["mu"]
    if mu.ndim == 1 and mu.size:
        raise DataError("cli.mu_is_a_row", path=path, count=len(mu))
    if mu.ndim != 2 or 0 in mu.shape or mu.dtype.kind != "f":
        raise DataError("cli.mu_shape", path=path, shape=mu.shape, dtype=mu.dtype)
    if not np.isfinite(mu).all():
        raise DataError("cli.mu_not_finite", path=path)
    return mu.astype(np.float32)


def _parse_z(text: str, bundle: "ModelBundle") -> np.ndarray:
    """Read one code, or a list of codes, from JSON; shape (n, d), float32."""
    d = bundle.model.latent_dim
    example = f"{json.dumps([0.0] * min(d, 3))[:-1]}{', ...' if d > 3 else ''}]"
    asked = {"name": bundle.name, "d": d, "example": example}
    with door(lambda why: DataError("cli.z_unreadable", **asked, why=why)):
        z = parse_json(text)
    rows = z if isinstance(z, list) and z and isinstance(z[0], list) else [z]
    for row in rows:
        if not isinstance(row, list) or not all(_is_number(value) for value in row):
            raise DataError("cli.z_not_finite", **asked)
        if len(row) != d:
            raise ShapeError("cli.z_length", **asked, count=len(row))
    return np.array(rows, dtype=np.float32)


def _is_number(value: object) -> bool:
    """Say whether a JSON value is a number that a 32-bit float can hold."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) <= float(np.finfo(np.float32).max)


def _png(x: np.ndarray) -> bytes:
    """Return images (n, c, h, w) as one PNG."""
    stream = io.BytesIO()
    to_picture(_grid(x)).save(stream, "PNG")
    return stream.getvalue()


def _grid(x: np.ndarray) -> np.ndarray:
    """Lay images (n, c, h, w) out row by row as one (c, rows * h, columns * w), the rest black."""
    n, c, h, w = x.shape
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    full = np.zeros((rows * columns, c, h, w), x.dtype)
    full[:n] = x
    tiled = full.reshape(rows, columns, c, h, w).transpose(2, 0, 3, 1, 4)
    return tiled.reshape(c, rows * h, columns * w)
