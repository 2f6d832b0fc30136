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
    tell(0.0, f"asking openml.org for {called}")
    check_reachable(name)
    tell(0.1, f"downloading {called} from openml.org, once; this can take some minutes")
    fetched = fetch(name, _query(name), cache)
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
    """Return the known set that a name stands for; None of any other."""
    query = str(_query(name)).lower()
    return next((k for k in KNOWN.values() if query in (str(k.number), k.title.lower())), None)


SOURCES = tuple(source_on_openml(name) for name in KNOWN)
