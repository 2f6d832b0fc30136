"""Image sets from openml.org, downloaded once and kept.

scikit-learn checks each download against OpenML's checksum. What it reads is kept as an .npz beside
it, which opens a hundred times faster than the text it came as and passes the same checks as a
user's file. Knows nothing of folders of images, and nothing of the network: `openml_server.py`
downloads.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import platformdirs

from explorer.data.arrays import load_arrays
from explorer.data.imageset import ImageSet, ReportProgress
from explorer.data.openml_server import PREFIX, Fetched, check_reachable, fetch, not_kept, query_of
from explorer.data.reading import Wanted
from explorer.data.sources import DataSource, items_of, part_of
from explorer.disk import replacing
from explorer.errors import DataError
from explorer.words import say

_N_CLASSIC, _N_CLASSIC_TEST = 70_000, 10_000


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A set that goes by a short name, under which its words are.

    Attributes:
        number: Its number on OpenML, which unlike its name is never given to another version.
        title: Its name on OpenML.
        class_names: Names that OpenML's numbers stand for.
    """

    number: int
    title: str
    class_names: tuple[str, ...]


KNOWN = {
    "mnist": _Known(
        number=554,
        title="mnist_784",
        class_names=tuple("0123456789"),
    ),
    "fashion-mnist": _Known(
        number=40996,
        title="Fashion-MNIST",
        class_names=(
            *("T-shirt or top", "trousers", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
    ),
    "kmnist": _Known(
        number=41982,
        title="Kuzushiji-MNIST",
        class_names=tuple("おきすつなはまやれを"),
    ),
}


def cache_folder() -> Path:
    """Return the usual folder for downloads: `data` in LATENT_EXPLORER_HOME.

    Without that variable, it lies in the folder that the platform sets aside for user data.
    """
    home = os.environ.get("LATENT_EXPLORER_HOME")
    if home:
        return Path(os.path.abspath(os.path.expanduser(home))) / "data"
    return platformdirs.user_data_path("latent-explorer", appauthor=False) / "data"


def source_on_openml(name: str) -> DataSource:
    """Return the record of a set that `openml` reads; most are not described before they load."""
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
        report: Called with the fraction done and a few words on the step.

    Returns:
        The whole set. Of the 70,000 images of each of the MNIST family the last 10,000 are for
        testing, as in the literature.

    Raises:
        DataError: OpenML has no such set, or its rows are not images.
        MachineError: The network or the server does not answer, the download was damaged, or the
            disk is full.
    """
    found = cached(name, cache=cache)
    if found is not None:
        return found
    tell = report or (lambda fraction, words: None)
    called = name.removeprefix(PREFIX)
    tell(0.0, say("data.progress.asking", name=called))
    check_reachable(name)
    tell(0.1, say("data.progress.downloading", name=called))
    fetched = fetch(name, _query(name), cache)
    tell(0.9, say("data.progress.keeping", count=len(fetched.images)))
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


def _query(name: str) -> int | str:
    """Return what to ask OpenML for; the number of a known set, else as `query_of` reads it."""
    return KNOWN[name].number if name in KNOWN else query_of(name)


def _kept_at(name: str, cache: Path) -> Path:
    return cache / f"openml-{str(_query(name)).lower()}.npz"


def _keep(fetched: Fetched, kept: Path) -> None:
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
        raise not_kept(kept.stem, kept.parent, error) from error


def _read_kept(name: str, kept: Path) -> ImageSet:
    """Read what `_keep` wrote; a known set gets its classes, source and usual split."""
    images = replace(load_arrays(kept, Wanted()), name=name)
    short = _short_name(name)
    if short and len(images.class_names) == len(KNOWN[short].class_names):
        images = replace(
            images,
            class_names=KNOWN[short].class_names,
            source=say(f"sets.{short}.source"),
            licence=say(f"sets.{short}.licence"),
        )
    if short and len(images.pixels) == _N_CLASSIC:
        images = replace(images, is_test=np.arange(_N_CLASSIC) >= _N_CLASSIC - _N_CLASSIC_TEST)
    return images


def _short_name(name: str) -> str:
    """Return the short name of the set that a name stands for; empty where it has none."""
    query = str(_query(name)).lower()
    found = (short for short, k in KNOWN.items() if query in (str(k.number), k.title.lower()))
    return next(found, "")


SOURCES = tuple(source_on_openml(name) for name in KNOWN)
