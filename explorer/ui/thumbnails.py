"""Small pictures of models for their cards, made once each, from previews that may be anyone's."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image

from explorer.bundle.files import read_file
from explorer.foreign import if_readable

_MOST_PIXELS = 4_000_000


def thumbnail(folder: Path, side: int) -> bytes | None:
    """Return a bundle's preview as a small PNG; None where there is none, or it is damaged.

    Args:
        folder: Where the bundle lies.
        side: Longer side in pixels.
    """
    try:
        changed_ns = (folder / "preview.png").stat().st_mtime_ns
    except OSError:
        return None
    return _made(folder, changed_ns, side)


@lru_cache(maxsize=256)  # a few kilobytes each
def _made(folder: Path, changed_ns: int, side: int) -> bytes | None:
    """Make a thumbnail; `changed_ns` makes a preview that was replaced count as another."""
    with if_readable():
        image = Image.open(BytesIO(read_file(folder, "preview.png")), formats=["PNG"])
        if image.width * image.height <= _MOST_PIXELS:
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            stream = BytesIO()
            image.save(stream, "PNG")
            return stream.getvalue()
    return None
