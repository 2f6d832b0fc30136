"""Named arrays as one buffer the browser reads without copying.

Layout: a uint32 (little-endian) with the length of the header, the header (JSON: name to dtype,
shape and byte offset after the header; padded with spaces to a multiple of 4), then the values of
each array in C order, every one beginning at a multiple of 4 bytes. `latent/latent.js` in `live/`
has the reader.
"""

import json
from collections.abc import Mapping

import numpy as np


def pack_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Write arrays as float32, bytes as uint8, other whole numbers as int32.

    Args:
        arrays: Name to array, any shape.
    """
    header: dict[str, dict[str, object]] = {}
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        dtype = "float32"
        if array.dtype.kind in "iu":
            dtype = "uint8" if array.dtype == np.uint8 else "int32"
        part = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<")).tobytes()
        part += bytes(-len(part) % 4)
        header[name] = {"dtype": dtype, "shape": list(array.shape), "offset": offset}
        parts.append(part)
        offset += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([np.array(len(text), dtype="<u4").tobytes(), text, *parts])
