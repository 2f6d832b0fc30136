"""Damages files on purpose: whole ones in, nearly whole ones out, the same for the same seed.

A mutator of our own, and not Hypothesis, because what finds faults here is damage that keeps the
frame whole: a zip with the right checksums around an array with a wrong header, a header of the
right length around a wrong number. Bytes at random stop at the first checksum. One `Random` gives
every choice, so an input is known by its reader and number, and no database has to be kept: what
was found is a file in `finds/`.
"""

import copy
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

Mutator = Callable[[bytes, Random], bytes]

_NUMBERS: tuple[object, ...] = (
    *(0, 1, -1, 2, 3, 255, 256, 65536, 2**31, 2**53, 2**63, -(2**63), 10**19, 10**400),
    *(
        0.5,
        -0.0,
        0.1,
        1e11,
        9e39,
        1e-12,
        1e9,
        1e38,
        1e308,
        -1e308,
        5e-324,
        float("nan"),
        float("inf"),
        True,
        False,
    ),
)
_TEXTS = (
    *("", " ", "a" * 300, "\0", "\ud800", "../../../x", "openml:../x", "faces", "shapes", "mnist"),
    *("x" * 5000, "![x](http://x.example)", "{0}", "%s", "\u202e", "-1", "1e308", "\n", "é" * 200),
)
_VALUES: tuple[object, ...] = (*_NUMBERS, *_TEXTS, None, [], {}, [[]], {"": ""}, [0] * 100)
_IN_BYTES = (b"-1", b"0", b"9" * 30, b"1e308", b"True", b"}", b"(", b",", b"NaN", b"'", b"\xff\xff")
_IN_HEADERS = (
    *("(180, }", "(True, 12)", "(-1,)", "(1.5,)", "()", "(0,)", "(9999999999999,)", "(2," * 40),
    *("(0, 10**18)", "(1 << 40,)", "'12'", "None", "[12, 2]", "(12" + "0" * 400 + ",)"),
)
_DTYPES = ("|O", "<f8", ">f4", "<f2", "|b1", "<i8", "<u8", "|S0", "<U0", "<U9", "<c8", "|V4", "<M8")


def bytes_damaged(content: bytes, rng: Random) -> bytes:
    """Flip, cut, repeat, insert or overwrite a few bytes."""
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(damaged) + 1)
        n = min(rng.choice((1, 2, 4, 8, 64, 1024)), len(damaged) - at)
        match rng.randrange(6):
            case 0:
                damaged[at : at + n] = bytes(rng.choice((0, 255)) for _ in range(n))
            case 1:
                damaged[at : at + n] = rng.randbytes(n)
            case 2:
                del damaged[at : at + n]
            case 3:
                damaged[at:at] = damaged[at : at + n] * rng.choice((1, 3, 100))
            case 4:
                damaged[at : at + 1] = rng.choice(_IN_BYTES)
            case 5 if rng.random() < 0.3:
                del damaged[at:]
            case _ if at < len(damaged):
                damaged[at] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def json_damaged(content: bytes, rng: Random) -> bytes:
    """Replace, remove, rename or move some values of JSON; now and then, damage its bytes."""
    if rng.random() < 0.1:
        return bytes_damaged(content, rng)
    if rng.random() < 0.02:
        return b"[" * 100_000
    values = json.loads(content)
    for _ in range(rng.choice((1, 1, 1, 3))):
        places = _places(values)
        if not places:
            break
        holder, key = rng.choice(places)
        match rng.randrange(8):
            case 0 if isinstance(holder, dict):
                holder[rng.choice(_TEXTS)] = holder.pop(key)
            case 1:
                del holder[key]
            case 2:
                other, where = rng.choice(places)
                holder[key] = json.loads(json.dumps(other[where]))
            case 3 if isinstance(holder[key], (int, float)):
                holder[key] *= rng.choice((-1, 1000, 0))
            case 4 | 5 if isinstance(holder[key], str):
                holder[key] = rng.choice(_TEXTS)
            case 4 | 5 if isinstance(holder[key], (int, float)):
                holder[key] = rng.choice(_NUMBERS)
            case _:
                holder[key] = copy.deepcopy(rng.choice(_VALUES))
    return json.dumps(values).encode()


def lines_damaged(content: bytes, rng: Random) -> bytes:
    """Damage one line of several of JSON, or the bytes of all."""
    lines = content.splitlines()
    at = rng.randrange(len(lines))
    lines[at] = json_damaged(lines[at], rng)
    return b"\n".join(lines) + b"\n" if rng.random() < 0.9 else bytes_damaged(content, rng)


def npy_damaged(content: bytes, rng: Random) -> bytes:
    """Damage an array: its header, kept as long as it says, its values, or all of it."""
    start = 10 + int.from_bytes(content[8:10], "little")
    header, body = content[10:start].decode("latin-1"), content[start:]
    match rng.randrange(9):
        case 0:
            shape = header[header.index("'shape': ") + 9 : header.rindex("}") - 2]
            header = header.replace(shape, rng.choice(_IN_HEADERS))
        case 1:
            descr = header[header.index("'descr': ") + 9 :].partition(",")[0]
            header = header.replace(descr, repr(rng.choice(_DTYPES)))
        case 2:
            header = bytes_damaged(header.encode("latin-1"), rng).decode("latin-1")
        case 3 | 4 | 5 | 6 | 7:
            body = _values_damaged(header, body, rng)
        case _:
            return bytes_damaged(content, rng)
    raw = header.encode("latin-1", "replace")
    return content[:8] + (len(raw) % 65536).to_bytes(2, "little") + raw + body


def zip_damaged(member: Mutator) -> Mutator:
    """Return a mutator of archives that damages one member and packs it well, or badly."""

    def damaged(content: bytes, rng: Random) -> bytes:
        if rng.random() < 0.15:
            return bytes_damaged(content, rng)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
        at = rng.randrange(len(members))
        name, inside = members[at]
        match rng.randrange(10):
            case 0:
                members.pop(at)
            case 1:
                members.append((name + rng.choice(("", "x", "/", "\0")), inside))
            case 2:
                members[at] = (name, members[rng.randrange(len(members))][1])
            case _:
                members[at] = (name, member(inside, rng))
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", rng.choice((zipfile.ZIP_STORED, 8))) as archive:
            for name, inside in members:
                archive.writestr(zipfile.ZipInfo(name), inside)
        return stream.getvalue()

    return damaged


def framed_json_damaged(start: int, unit: str) -> Mutator:
    """Return a mutator of files that begin with the length of a JSON header, which it keeps right.

    Args:
        start: Where the length stands.
        unit: How, in the letters of `struct`.
    """

    def damaged(content: bytes, rng: Random) -> bytes:
        if rng.random() < 0.15:
            return bytes_damaged(content, rng)
        after = start + struct.calcsize(unit)
        n = struct.unpack_from(unit, content, start)[0]
        header, body = content[after : after + n], content[after + n :]
        if rng.random() < 0.8:
            header = json_damaged(header, rng)
            header += b" " * (-len(header) % 8)
        else:
            body = bytes_damaged(body, rng)
        return content[:start] + struct.pack(unit, len(header)) + header + body

    return damaged


def png_damaged(content: bytes, rng: Random) -> bytes:
    """Damage one chunk of a PNG and give it the right checksum, or damage its bytes."""
    if rng.random() < 0.3:
        return bytes_damaged(content, rng)
    chunks, at = [], 8
    while at < len(content):
        n = int.from_bytes(content[at : at + 4], "big")
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + n]))
        at += 12 + n
    which = rng.randrange(len(chunks))
    kind, data = chunks[which]
    chunks[which] = (kind, bytes_damaged(data, rng))
    written = [
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in chunks
    ]
    return content[:8] + b"".join(written)


def _places(values: Any) -> list[tuple[Any, Any]]:
    """List every holder and key within a JSON value."""
    if not isinstance(values, (dict, list)):
        return []
    found = []
    for key in list(values) if isinstance(values, dict) else range(len(values)):
        found += [(values, key), *_places(values[key])]
    return found


def _values_damaged(header: str, body: bytes, rng: Random) -> bytes:
    """Write extreme numbers over some of an array's values."""
    descr = header[header.index("'descr': ") + 9 :].partition(",")[0].strip("'\" ")
    dtype = np.dtype(descr)
    if dtype.kind not in "iuf" or not body:
        return bytes_damaged(body, rng) if body else body
    values = np.frombuffer(body, dtype).copy()
    extremes: list[float | int]
    if dtype.kind == "f":
        largest = float(np.finfo(dtype).max)
        extremes = [
            largest,
            -largest,
            float("nan"),
            float("inf"),
            0.0,
            -1.0,
            1e30,
            1e12,
            -9e11,
            79.0,
            1e-40,
            300.0,
            1e5,
        ]
    else:
        limits = np.iinfo(dtype)
        extremes = [
            int(limits.max),
            int(limits.min),
            0,
            -1 % (limits.max + 1),
            9_999_999 % limits.max,
        ]
    rows = slice(None) if rng.random() < 0.3 else rng.sample(range(len(values)), 1)
    with np.errstate(all="ignore"):
        values[rows] = np.array(rng.choice(extremes)).astype(dtype)
    return values.tobytes()
