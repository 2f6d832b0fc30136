"""Downloads from openml.org through scikit-learn, and explains what goes wrong.

Knows nothing of what is kept here of earlier downloads.
"""

import re
import warnings
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import numpy as np

from explorer.data.members import plain_name
from explorer.data.pixel_rows import class_texts, square_images
from explorer.errors import DataError, MachineError
from explorer.words import say

PREFIX = "openml:"
_SERVER = "https://www.openml.org/"
_ANSWER_WITHIN_S = 15.0


@dataclass(frozen=True)
class Fetched:
    """Images (n, h, w) or (n, h, w, 3) uint8; labels (n,) as texts, or None; facts."""

    images: np.ndarray
    labels: np.ndarray | None
    source: str
    licence: str


def fetch(name: str, query: int | str, cache: Path) -> Fetched:
    """Download a set through scikit-learn and turn its rows into images.

    Args:
        name: What the person asked for, for messages.
        query: Number or name of the set on OpenML.
        cache: Folder in which scikit-learn keeps what it downloads.

    Raises:
        DataError: OpenML has no such set, or its rows are not images.
        MachineError: OpenML does not answer, the download was damaged, or the disk is full.
    """
    from sklearn.datasets import fetch_openml  # slow to import, and rarely needed

    asked = {"data_id": query} if isinstance(query, int) else {"name": query}
    try:
        with warnings.catch_warnings(action="ignore"):  # it warns of each retry
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
        raise not_kept(name, cache, error) from error
    except (ValueError, KeyError, TypeError, LookupError) as error:
        raise _unusable(name, error) from error
    details = found.details
    return Fetched(
        images=square_images(found.data, name),
        labels=class_texts(np.asarray(found.target)),
        source=f"{details.get('name', query)}, {found.url}",
        licence=str(details.get("licence", say("data.not_on_openml"))),
    )


def query_of(name: str) -> int | str:
    """Return what to ask OpenML for: a number, or a name, which means its first active version.

    Raises:
        DataError: OpenML gives no such names.
    """
    query = name.removeprefix(PREFIX)
    if re.fullmatch("[0-9]{1,9}", query):
        return int(query)
    if re.fullmatch(r"(?!.*\.\.)[A-Za-z0-9_(][A-Za-z0-9_.,()-]{0,127}", query):
        return query
    raise DataError("data.openml_name", query=plain_name(query), server=_SERVER, prefix=PREFIX)


def check_reachable(name: str) -> None:
    """Check that the server answers at all, because scikit-learn would wait for it without end.

    Raises:
        MachineError: It does not.
    """
    try:
        urlopen(Request(_SERVER, method="HEAD"), timeout=_ANSWER_WITHIN_S).close()
    except HTTPError as error:
        error.close()  # it answers, if not to this
    except (HTTPException, OSError) as error:
        raise _offline(name, error) from error


def _offline(name: str, error: Exception) -> MachineError:
    reason = getattr(error, "reason", None) or error
    return MachineError("data.openml_offline", name=plain_name(name), reason=reason)


def _refused(name: str, error: HTTPError) -> DataError | MachineError:
    error.close()
    if error.code in (400, 404, 410, 412):
        return _unknown(name)
    return MachineError("data.openml_error", code=error.code, name=plain_name(name))


def _unknown(name: str) -> DataError:
    return DataError("data.openml_unknown", name=plain_name(name), prefix=PREFIX, server=_SERVER)


def _unusable(name: str, error: Exception) -> DataError | MachineError:
    """Return the error for a failure that scikit-learn describes only in words."""
    words = str(error).split("\n")[0]
    if "No active dataset" in words or "not found" in words:
        return _unknown(name)
    if "md5" in words:
        return MachineError("data.openml_checksum", name=plain_name(name))
    return DataError("data.openml_not_images", name=plain_name(name), words=plain_name(words))


def not_kept(name: str, cache: Path, error: OSError) -> MachineError:
    """Return the error of a disk that cannot keep a download."""
    cause = error.strerror or error
    return MachineError("data.openml_not_kept", name=plain_name(name), folder=cache, error=cause)
