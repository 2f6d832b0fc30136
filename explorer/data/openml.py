"""Image sets from openml.org, downloaded once through scikit-learn and kept.

scikit-learn checks each download against OpenML's checksum. What it reads is kept as an .npz beside
it, which opens a hundred times faster than the text it came as and passes the same checks as a
user's file. Knows nothing of folders of images.
"""

import math
import os
import re
import warnings
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import numpy as np
import platformdirs

from explorer.data.arrays import load_arrays
from explorer.data.imageset import ImageSet, ReportProgress
from explorer.data.members import plain_name
from explorer.data.reading import Wanted
from explorer.data.sources import DataSource, items_of, part_of
from explorer.disk import replacing
from explorer.errors import DataError, MachineError

PREFIX = "openml:"
_SERVER = "https://www.openml.org/"
_ANSWER_WITHIN_S = 15.0
_MOST_CLASSES = 1000  # a target of more values is a measurement, not a class
_CHUNK = 4096  # rows converted at a time
_N_CLASSIC, _N_CLASSIC_TEST = 70_000, 10_000


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A set that goes by a short name.

    Attributes:
        description: What it shows, in one line.
        number: Its number on OpenML, which unlike its name is never given to another version.
        title: Its name on OpenML.
        class_names: Names that OpenML's numbers stand for.
        source: Who made it.
        licence: Its licence.
    """

    description: str
    number: int
    title: str
    class_names: tuple[str, ...]
    source: str
    licence: str


KNOWN = {
    "mnist": _Known(
        description="Handwritten digits, the classic of machine learning.",
        number=554,
        title="mnist_784",
        class_names=tuple("0123456789"),
        source="LeCun, Cortes and Burges, MNIST, https://www.openml.org/d/554",
        licence="CC BY-SA 3.0, as usually given",
    ),
    "fashion-mnist": _Known(
        description="Clothes, shoes and bags from a shop's catalogue.",
        number=40996,
        title="Fashion-MNIST",
        class_names=(
            *("T-shirt or top", "trousers", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
        source="Zalando SE, Fashion-MNIST, https://www.openml.org/d/40996",
        licence="MIT",
    ),
    "kmnist": _Known(
        description="Handwritten Japanese characters from old books, 10 kinds.",
        number=41982,
        title="Kuzushiji-MNIST",
        class_names=tuple("おきすつなはまやれを"),
        source="CODH, Kuzushiji-MNIST, https://www.openml.org/d/41982",
        licence="CC BY-SA 4.0",
    ),
}


def cache_folder() -> Path:
    """Where downloads are kept unless told otherwise: `data` in LATENT_EXPLORER_HOME.

    Without that variable, in the folder that the platform sets aside for user data.
    """
    home = os.environ.get("LATENT_EXPLORER_HOME")
    if home:
        return Path(os.path.abspath(os.path.expanduser(home))) / "data"
    return platformdirs.user_data_path("latent-explorer", appauthor=False) / "data"


def source_on_openml(name: str) -> DataSource:
    """Return the record of a set that `openml` reads; of most, little is known beforehand."""
    known = KNOWN.get(name)

    def load(wanted: Wanted, report: ReportProgress | None, cache: Path | None) -> ImageSet:
        return part_of(openml(name, cache=cache or cache_folder(), report=report), wanted)

    def items(rows: np.ndarray, wanted: Wanted, cache: Path | None) -> np.ndarray | None:
        try:
            whole = cached(name, cache=cache or cache_folder())
        except DataError:  # a bundle from elsewhere may name anything
            return None
        return items_of(whole, rows, wanted)

    return DataSource(
        name=name,
        description=known.description if known else "",
        attribution=known.source if known else "",
        licence=known.licence if known else "",
        n_images=_N_CLASSIC if known else 0,
        image_shape=(1, 28, 28) if known else (0, 0, 0),
        needs_network=True,
        load=load,
        items=items,
    )


def openml(name: str, *, cache: Path, report: ReportProgress | None = None) -> ImageSet:
    """Read a set from the cache, or else from openml.org.

    Args:
        name: `mnist`, `fashion-mnist`, `kmnist`, or `openml:` and the name or number of a set
            whose rows are the pixels of square grey or RGB images.
        cache: Folder in which downloads are kept.
        report: Told in words what is being done.

    Returns:
        The whole set. Of the 70,000 images of each of the MNIST family the last 10,000 are for
        testing, as in the literature.

    Raises:
        DataError: OpenML has no such set, or its rows are not images.
        MachineError: The network or the server does not answer, what came was damaged, or the
            disk is full.
    """
    found = cached(name, cache=cache)
    if found is not None:
        return found
    tell = report or (lambda fraction, words: None)
    called = name.removeprefix(PREFIX)
    tell(0.0, f"asking openml.org for {called}")
    _check_reachable(name)
    tell(0.1, f"downloading {called} from openml.org, once; this can take some minutes")
    fetched = _fetch(name, cache)
    tell(0.9, f"keeping {len(fetched.images):,} images for next time")
    _keep(fetched, _kept_at(name, cache))
    return _read_kept(name, _kept_at(name, cache))


def cached(name: str, *, cache: Path) -> ImageSet | None:
    """Read a set that was downloaded before, whole, without asking the network; else None.

    Raises:
        DataError: The name cannot be one of OpenML's.
    """
    kept = _kept_at(name, cache)
    try:
        return _read_kept(name, kept) if kept.is_file() else None
    except DataError:
        return None


@dataclass(frozen=True)
class _Fetched:
    """Images (n, h, w) or (n, h, w, 3) uint8; labels (n,) as texts, or None; facts."""

    images: np.ndarray
    labels: np.ndarray | None
    source: str
    licence: str


def _query(name: str) -> int | str:
    """What to ask OpenML for: a number, or a name, which it gives to the first active version.

    Raises:
        DataError: It is no name that OpenML could have given.
    """
    if name in KNOWN:
        return KNOWN[name].number
    query = name.removeprefix(PREFIX)
    if re.fullmatch("[0-9]{1,9}", query):
        return int(query)
    if re.fullmatch(r"(?!.*\.\.)[A-Za-z0-9_(][A-Za-z0-9_.,()-]{0,127}", query):
        return query
    raise DataError(
        f'"{plain_name(query)}" cannot be the name of a set on OpenML.',
        "Names there consist of letters, digits and the characters _ . , ( ) -.",
        f"Look the name or number up on {_SERVER} and write {PREFIX}NAME or {PREFIX}NUMBER.",
    )


def _kept_at(name: str, cache: Path) -> Path:
    return cache / f"openml-{str(_query(name)).lower()}.npz"


def _fetch(name: str, cache: Path) -> _Fetched:
    """Download through scikit-learn and turn its rows into images."""
    from sklearn.datasets import fetch_openml  # slow to import, and rarely needed

    query = _query(name)
    asked = {"data_id": query} if isinstance(query, int) else {"name": query}
    try:
        with warnings.catch_warnings(action="ignore"):  # it warns of each retry; we tell the end
            # The default parser is pandas', which Streamlit brings along: the other one builds
            # Python lists, which takes minutes and gigabytes for the 55 million pixels of MNIST.
            # Column types are left to it (dtype None): told that classes are categories, pandas
            # 3.1 makes numbers of digits, at which scikit-learn up to 1.9.1 stumbles.
            # https://github.com/scikit-learn/scikit-learn/pull/34902
            found = fetch_openml(
                **asked,
                data_home=str(cache),
                n_retries=2,
                read_csv_kwargs={"dtype": None},
            )
    except HTTPError as error:
        raise _refused(name, error) from error
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise _offline(name, error) from error
    except OSError as error:
        raise _disk(name, cache, error) from error
    except (ValueError, KeyError, TypeError, LookupError) as error:
        raise _unusable(name, error) from error
    details = found.details
    return _Fetched(
        images=_images(found.data, name),
        labels=_class_texts(np.asarray(found.target)),
        source=f"{details.get('name', query)}, {found.url}",
        licence=str(details.get("licence", "not stated on OpenML")),
    )


def _images(rows: object, name: str) -> np.ndarray:
    """Shape rows of pixels (n, p) into (n, s, s) or (n, s, s, 3) and spread them over 0 to 255."""
    dense = np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows)  # sparse, or a frame
    n, p = dense.shape if dense.ndim == 2 else (len(dense), 0)
    side, colour_side = math.isqrt(p), math.isqrt(p // 3)
    grey, colour = side**2 == p, 3 * colour_side**2 == p
    if dense.dtype.kind not in "buif" or p < 4 or not (grey or colour):
        raise DataError(
            f'The rows of "{name}" have {p} columns of type {dense.dtype}.',
            "A row must be the pixels of one square image: s x s numbers, or 3 x s x s in colour.",
            "Choose a data set of images, such as openml:Fashion-MNIST.",
        )
    if not np.isfinite(dense).all():
        raise DataError(
            f'Some pixels of "{name}" are missing on OpenML.',
            "Every pixel must be a number.",
            "Choose another data set.",
        )
    pixels = _spread(dense)
    if grey:
        return pixels.reshape(n, side, side)
    planes = pixels.reshape(n, 3, colour_side, colour_side).transpose(0, 2, 3, 1)
    mixed = pixels.reshape(n, colour_side, colour_side, 3)
    return min(planes, mixed, key=_roughness)


def _spread(rows: np.ndarray) -> np.ndarray:
    """Bring pixel values to 0 to 255, uint8.

    Whole numbers that reach beyond 127 and fractions from 0 to 1 are on a known scale; any other
    range, such as 0 to 16 or -1 to 1, is stretched.
    """
    least, most = float(rows.min()), float(rows.max())
    if 0 <= least and 127 < most <= 255:
        low, high = 0.0, 255.0
    elif 0 <= least and 0.5 < most <= 1:
        low, high = 0.0, 1.0
    else:
        low, high = least, most if most > least else least + 1
    pixels = np.empty(rows.shape, dtype=np.uint8)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        pixels[part] = np.rint((rows[part] - low) * (255 / (high - low)))
    return pixels


def _roughness(images: np.ndarray) -> float:
    """Mean step between neighbouring pixels (n, h, w, 3): lower where channels are told apart."""
    some = images[:200].astype(np.float32)
    return float(np.abs(np.diff(some, axis=1)).mean() + np.abs(np.diff(some, axis=2)).mean())


def _class_texts(target: np.ndarray) -> np.ndarray | None:
    """The class of each image as text, (n,); None if the target is missing or a measurement."""
    if target.ndim != 1:
        return None
    if target.dtype.kind == "f" and not (target == np.rint(target)).all():
        return None
    whole = target.astype(np.int64) if target.dtype.kind == "f" else target
    texts = np.array([str(value).strip("'\"") for value in whole])
    return texts if len(set(texts)) <= _MOST_CLASSES else None


def _keep(fetched: _Fetched, kept: Path) -> None:
    """Write an .npz that is whole or not there."""
    facts = {"source": np.array(fetched.source), "licence": np.array(fetched.licence)}
    arrays = {"images": fetched.images} | facts
    if fetched.labels is not None:
        arrays["labels"] = fetched.labels
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing(kept) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise _disk(kept.stem, kept.parent, error) from error


def _read_kept(name: str, kept: Path) -> ImageSet:
    """Read what `_keep` wrote, with the name, classes and split it is known by."""
    images = replace(load_arrays(kept, Wanted()), name=name)
    known = _known(name)
    if known and len(images.class_names) == len(known.class_names):
        images = replace(
            images,
            class_names=known.class_names,
            source=known.source,
            licence=known.licence,
        )
    if known and len(images.pixels) == _N_CLASSIC:
        images = replace(images, is_test=np.arange(_N_CLASSIC) >= _N_CLASSIC - _N_CLASSIC_TEST)
    return images


def _known(name: str) -> _Known | None:
    """The known set that is meant, by whichever of its names."""
    query = str(_query(name)).lower()
    return next((k for k in KNOWN.values() if query in (str(k.number), k.title.lower())), None)


def _check_reachable(name: str) -> None:
    """Ask the server for anything at all, since scikit-learn would wait for it without end."""
    try:
        urlopen(Request(_SERVER, method="HEAD"), timeout=_ANSWER_WITHIN_S).close()
    except HTTPError as error:
        error.close()  # it answers, if not to this
    except (HTTPException, OSError) as error:
        raise _offline(name, error) from error


def _offline(name: str, error: Exception) -> MachineError:
    reason = getattr(error, "reason", None) or error
    return MachineError(
        f'"{plain_name(name)}" is not on this machine yet, and openml.org does not answer '
        f"({reason}).",
        "It is downloaded once, which needs a network.",
        "Connect and try again, or use a data set that needs none: faces, digits or shapes.",
    )


def _refused(name: str, error: HTTPError) -> DataError | MachineError:
    error.close()
    if error.code in (400, 404, 410, 412):
        return _unknown(name)
    return MachineError(
        f"openml.org answered with error {error.code} when asked for {plain_name(name)}.",
        "The data set must be downloaded once.",
        "Try again later, or use a data set that needs no network: faces, digits or shapes.",
    )


def _unknown(name: str) -> DataError:
    return DataError(
        f'OpenML has no active set for "{plain_name(name)}".',
        f"{PREFIX}NAME or {PREFIX}NUMBER of a set on openml.org was needed.",
        f"Look it up on {_SERVER}search?type=data, or use faces, digits or shapes.",
    )


def _unusable(name: str, error: Exception) -> DataError | MachineError:
    """Tell apart what scikit-learn tells by words only."""
    words = str(error).split("\n")[0]
    if "No active dataset" in words or "not found" in words:
        return _unknown(name)
    if "md5" in words:
        return MachineError(
            f'What openml.org sent for "{plain_name(name)}" does not match its checksum.',
            "A download must arrive whole and unchanged.",
            "Nothing was kept. Try again later, or use faces, digits or shapes.",
        )
    return DataError(
        f'"{plain_name(name)}" from OpenML cannot be read as images: {plain_name(words)}',
        "Each row must be the pixels of one image, as numbers.",
        "Choose a data set of images, such as openml:Fashion-MNIST.",
    )


def _disk(name: str, cache: Path, error: OSError) -> MachineError:
    return MachineError(
        f'"{plain_name(name)}" cannot be kept in {cache}: {error.strerror or error}.',
        "Space and permission to write there were needed.",
        "Free some space, or set LATENT_EXPLORER_HOME to a folder that can be written to.",
    )


SOURCES = tuple(source_on_openml(name) for name in KNOWN)
