"""Inputs as people have them, each made after a public report, and what they expect of each."""

import csv
import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.data.imageset import ImageSet

RANDOM = np.random.default_rng(1)
X = RANDOM.integers(0, 256, (20, 16, 16), dtype=np.uint8)
X[0, 0, :2] = 0, 255  # all of the range is used
Y = np.arange(20) % 3
DEEP = np.linspace(0, 65535, 1024).reshape(32, 32).astype(np.uint16)


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        make: Writes it into an empty folder and returns what to give.
        holds: Whether a set that was read is what people expect; None if it must be refused.
        says: Words of its notes, or of the refusal.
    """

    make: Callable[[Path], Path]
    holds: Callable[[ImageSet], bool] | None
    says: str = ""


CASES: dict[str, Case] = {}


def case(says: str = "", holds: Callable[[ImageSet], bool] | None = None):
    def keep(make: Callable[[Path], Path]):
        CASES[make.__name__.replace("_", " ")] = Case(make, holds, says)
        return make

    return keep


def same(found: np.ndarray | None, expected: np.ndarray) -> bool:
    return found is not None and np.array_equal(found, expected)


def are_x(images: ImageSet) -> bool:
    return same(images.pixels[:, 0], X)


def pictures(folder: Path, *names: str) -> Path:
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(X[i % 20]).save(path)
    return folder


def png(i: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(X[i]).save(stream, "PNG")
    return stream.getvalue()


# ---- folders


@case(
    "test 6, train 12, val 4. Images in “test” are held out",
    lambda s: s.class_names == ("cat", "dog") and (len(s.pixels), s.is_test.sum()) == (22, 6),
)
def split_folders(folder):
    counts = {"train": 6, "val": 2, "test": 3}
    places = [(f"{side}/{of}", n) for side, n in counts.items() for of in ("cat", "dog")]
    return pictures(folder, *(f"{place}/{i}.png" for place, n in places for i in range(n)))


@case(
    "Images in “valid” are held out",
    lambda s: s.class_names == ("cat", "dog") and s.is_test.sum() == 4,
)
def split_folders_within_classes(folder):
    counts = {"Train": 6, "valid": 2}
    places = [(f"{of}/{side}", n) for side, n in counts.items() for of in ("cat", "dog")]
    return pictures(folder, *(f"{place}/{i}.png" for place, n in places for i in range(n)))


@case("Images in “test” are held out", lambda s: s.labels is None and s.is_test.sum() == 3)
def split_folders_without_classes(folder):
    counts = {"train": 6, "test": 3}
    return pictures(folder, *(f"{side}/{i}.png" for side, n in counts.items() for i in range(n)))


@case("", lambda s: s.class_names == ("a", "b") and len(s.pixels) == 8)
def folders_that_systems_leave(folder):
    names = ("a", "b", "@eaDir", ".ipynb_checkpoints", "__MACOSX", "$RECYCLE.BIN")
    return pictures(folder, *(f"{name}/{i}.png" for name in names for i in range(4)))


@case("“masks” seems to hold a mask for each image of “images”", lambda s: len(s.class_names) == 2)
def images_and_masks(folder):
    return pictures(folder, *(f"{of}/{i}.png" for of in ("images", "masks") for i in range(5)))


@case("", lambda s: same(s.pixels[:, 0], X[:6]))
def links_in_a_local_folder(folder):
    pictures(folder, *(f"store/{i}.png" for i in range(3)), *(f"more/{i}.png" for i in range(3, 6)))
    (folder / "links").mkdir()
    for i in range(3):
        os.symlink(f"../store/{i}.png", folder / "links" / f"{i}.png")
    os.symlink("../more", folder / "links" / "more")
    os.symlink("../links", folder / "more" / "circle")
    return folder / "links"


@case("", lambda s: s.image_shape == (1, 64, 64))
def mixed_sizes(folder):
    for h, w, name in ((7, 5, "small"), (20, 300, "panorama"), (256, 256, "large")):
        noise = RANDOM.integers(0, 256, (h, w), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{name}.png")
    return folder


# ---- pictures


def write_tiff(path: Path, values: np.ndarray, photometric: int, sample_format: int = 0) -> None:
    """Write a 16-bit grey TIFF: photometric 0 is white-is-zero, sample format 2 is signed."""
    h, w = values.shape
    data = values.astype("<u2").tobytes()
    tags = {256: w, 257: h, 258: 16, 259: 1, 262: photometric, 273: 8, 277: 1, 278: h}
    tags |= {279: len(data)} | ({339: sample_format} if sample_format else {})
    entries = b"".join(
        struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, v) for tag, v in tags.items()
    )
    header = b"II" + struct.pack("<HI", 42, 8 + len(data))
    path.write_bytes(header + data + struct.pack("<H", len(tags)) + entries + bytes(4))


@case("Read as 12-bit values: 4,095 is white", lambda s: 100 < s.pixels.mean() < 150)
def twelve_bits_in_sixteen(folder):
    for i in range(4):
        values = np.clip(RANDOM.normal(2000, 600, (32, 32)), 0, 4095).astype(np.uint16)
        Image.fromarray(values).save(folder / f"{i}.tif")
    return folder


@case("16-bit", lambda s: same(s.pixels[0], s.pixels[1]) and bool(s.pixels[0, 0, 0, 0] == 0))
def white_is_zero(folder):
    write_tiff(folder / "a.tif", DEEP, 1)
    write_tiff(folder / "b.tif", 65535 - DEEP, 0)
    return folder


@case("-32768, is black, and the highest, 32767", lambda s: 120 < s.pixels.mean() < 135)
def signed_sixteen_bits(folder):
    write_tiff(folder / "a.tif", DEEP ^ 32768, 1, 2)
    write_tiff(folder / "b.tif", np.flipud(DEEP ^ 32768), 1, 2)
    return folder


@case("0.25, is black, and the highest, 8", lambda s: (s.pixels.min(), s.pixels.max()) == (0, 255))
def fractions_in_tiffs(folder):
    for i in range(3):
        values = np.linspace(0.25, 8, 256, dtype=np.float32).reshape(16, 16)
        Image.fromarray(np.roll(values, i)).save(folder / f"{i}.tif")
    return folder


def drawing_on_clear(level: int, i: int) -> np.ndarray:
    layer = np.full((16, 16, 4), level, np.uint8)
    layer[..., 3] = 0
    layer[3 + i : 10, 3:12, 3] = 255
    return layer


@case("placed on black", lambda s: s.pixels[0, 0, 5, 5] == 255 and s.pixels[0, 0, 0, 0] == 0)
def white_drawing_on_clear(folder):
    for i in range(4):
        Image.fromarray(drawing_on_clear(255, i)).save(folder / f"{i}.png")
    return folder


@case("", lambda s: s.pixels[0, 0, 5, 5] == 0 and s.pixels[0, 0, 0, 0] == 255)
def black_drawing_on_clear(folder):
    for i in range(4):
        Image.fromarray(drawing_on_clear(0, i)).save(folder / f"{i}.png")
    return folder


@case("animated files were left out: 4", lambda s: len(s.pixels) == 6)
def several_frames_in_a_file(folder):
    first, *others = (Image.fromarray(x) for x in X[:5])
    for name in ("a.tif", "b.gif"):
        first.save(folder / name, save_all=True, append_images=others)
    return folder


@case("Images from files that hold several: 5", lambda s: same(s.pixels[:, 0], X[:5]))
def one_stack(folder):
    first, *others = (Image.fromarray(x) for x in X[:5])
    first.save(folder / "stack.tif", save_all=True, append_images=others)
    return folder / "stack.tif"


def zip_without_utf8_flag(path: Path, names: list[str], encoding: str) -> Path:
    """A zip whose names are in another encoding than it says, as some systems write them."""
    stand_ins = [f"@{i}".ljust(len(name.encode(encoding)), "x") for i, name in enumerate(names)]
    with zipfile.ZipFile(path, "w") as archive:
        for i, name in enumerate(stand_ins):
            archive.writestr(name, png(i))
    raw = path.read_bytes()
    for stand_in, name in zip(stand_ins, names, strict=True):
        raw = raw.replace(stand_in.encode(), name.encode(encoding))
    path.write_bytes(raw)
    return path


ACCENTS = ["chien-été/0.png", "chien-été/1.png", "chat-ñ/0.png", "chat-ñ/1.png"]


@case("", lambda s: s.class_names == ("chat-ñ", "chien-été"))
def utf8_names_with_the_flag_unset(folder):
    return zip_without_utf8_flag(folder / "set.zip", ACCENTS, "utf-8")


@case("", lambda s: s.class_names == ("chat-ñ", "chien-été"))
def names_in_code_page_437(folder):
    return zip_without_utf8_flag(folder / "set.zip", ACCENTS, "cp437")


# ---- arrays


def npy(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "set.npy", array)
    return folder / "set.npy"


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "set.npz", **arrays)  # type: ignore[arg-type]
    return folder / "set.npz"


@case("Read as 0 (black) to 255 (white)", are_x)
def fractions_to_255(folder):
    return npy(folder, X.astype(np.float32))


@case("a little outside 0 to 1 were clipped", are_x)
def a_hair_over_1(folder):
    values = (X / 255).astype(np.float32)
    values[0, 0, 1] = 1.0000001
    return npy(folder, values)


@case("fractions from 0 to 1.5")
def far_over_1(folder):
    return npy(folder, X / 170)


@case("from -1 (black) to 1 (white)", are_x)
def centred_on_0(folder):
    return npy(folder, X / 127.5 - 1)


@case("Read as 16-bit values", are_x)
def sixteen_bits(folder):
    return npy(folder, X.astype(np.uint16) * 257)


@case("No value is above 15, where white is 255", lambda s: s.pixels.max() == 15)
def dark(folder):
    return npy(folder, X // 16)


@case("784 columns are 28×28 pixels", lambda s: s.pixels.shape == (20, 1, 28, 28))
def flattened(folder):
    return npy(folder, RANDOM.integers(0, 256, (20, 784), dtype=np.uint8))


@case("three colours of 16×16 pixels", lambda s: same(s.pixels[:, 1], X))
def flattened_planes(folder):
    planes = np.stack([X, X, X], axis=1)
    planes[:, 0] = 0
    return npy(folder, planes.reshape(20, -1))


@case("images.reshape(20, h, w) with h * w = 700")
def flattened_not_square(folder):
    return npy(folder, np.zeros((20, 700), np.uint8))


@case("The number of images, 100, seems to come last. … images.transpose(2, 0, 1)")
def images_counted_last(folder):
    return npy(folder, np.repeat(X, 5, 0).transpose(1, 2, 0))


@case("with the colours before height and width", lambda s: same(s.pixels[:, 2], X))
def colours_first(folder):
    return npy(folder, np.stack([0 * X, X, X], axis=1))


@case("This looks like one image of 48×64. … 64 images of 3×48, choose the layout nhw")
def one_picture(folder):
    return npy(folder, np.zeros((64, 48, 3), np.uint8))


@case("Read as the images: x_train, x_test", lambda s: s.is_test.sum() == 5 and len(s.pixels) == 25)
def keras(folder):
    return npz(folder, x_train=X, y_train=Y, x_test=X[:5], y_test=Y[:5])


@case("Read as the images: arr_0", lambda s: are_x(s) and s.class_names == ("0", "1", "2"))
def arrays_without_names(folder):
    return npz(folder, arr_0=X, arr_1=Y)


@case(
    "Read as the images: imgs",
    lambda s: s.factor_names == ("shape", "posX") and s.pixels.max() == 255 and s.labels is None,
)
def dsprites(folder):
    values = np.ones((20, 6))
    values[:, 1], values[:, 4] = Y, np.linspace(0, 1, 20)
    return npz(folder, imgs=X // 128, latents_classes=values.astype(int), latents_values=values)


@case("validation images were added", lambda s: (len(s.pixels), s.is_test.sum()) == (31, 5))
def medmnist(folder):
    counts = {"train": 20, "val": 6, "test": 5}
    arrays = {f"{side}_images": X[:n] for side, n in counts.items()}
    return npz(folder, **arrays, **{f"{side}_labels": Y[:n, None] for side, n in counts.items()})


@case("Read as the labels: label", lambda s: are_x(s) and len(s.class_names) == 3)
def labels_called_label(folder):
    return npz(folder, images=X, label=Y)


@case("The labels have 14 columns", lambda s: are_x(s) and s.labels is None)
def several_labels_for_an_image(folder):
    return npz(folder, images=X, labels=np.ones((20, 14), np.uint8))


@case("The labels are one-hot", lambda s: same(s.labels, Y))
def one_hot(folder):
    return npz(folder, images=X, labels=np.eye(3)[Y])


@case("a value to colour by", lambda s: s.factor_names == ("labels",) and s.labels is None)
def ages(folder):
    return npz(folder, images=X, labels=RANDOM.random(20) * 80)


@case(
    "too large for a 32-bit number", lambda s: are_x(s) and s.labels is None and s.factors is None
)
def labels_without_bounds(folder):
    return npz(folder, images=X, labels=np.full(20, 1e300))


@case("holds Python objects. … labels.astype(str)")
def labels_that_are_objects(folder):
    return npz(folder, images=X, labels=np.array(list("abc"), object)[Y])


def idx(folder: Path, pack: Callable[[bytes], bytes], ending: str) -> Path:
    images = struct.pack(">4I", 2051, 20, 16, 16) + X.tobytes()
    labels = struct.pack(">2I", 2049, 20) + Y.astype(np.uint8).tobytes()
    (folder / f"train-images-idx3-ubyte{ending}").write_bytes(pack(images))
    (folder / f"train-labels-idx1-ubyte{ending}").write_bytes(pack(labels))
    return folder


@case("", lambda s: are_x(s) and same(s.labels, Y))
def idx_files(folder):
    return idx(folder, bytes, "")


@case("", lambda s: are_x(s) and same(s.labels, Y))
def idx_files_gzipped(folder):
    return idx(folder, gzip.compress, ".gz")


@case("256 columns are 16×16 pixels", lambda s: are_x(s) and same(s.labels, Y))
def pixel_table(folder):
    with (folder / "pixels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["label", *(f"pixel{i}" for i in range(256))])
        table.writerows([y, *x.ravel()] for x, y in zip(X, Y, strict=True))
    return folder / "pixels.csv"


@case("256 columns", lambda s: are_x(s) and s.class_names == ("class 0", "class 1", "class 2"))
def pixel_table_with_names_of_classes(folder):
    rows = [";".join([*map(str, x.ravel()), f"class {y}"]) for x, y in zip(X, Y, strict=True)]
    header = ";".join([*(f"p{i}" for i in range(256)), "Class"])
    (folder / "pixels.csv").write_text("\n".join([header, *rows]), encoding="utf-8-sig")
    return folder / "pixels.csv"


@case("exact copies of training images: 20 of 20", lambda s: len(s.pixels) == 200)
def copies(folder):
    return npz(folder, images=np.repeat(RANDOM.integers(0, 256, (50, 16, 16), np.uint8), 4, 0))
