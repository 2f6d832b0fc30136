"""Where bundles are: the included ones and the user's own.

The one module that knows these places. It finishes freshly trained bundles, lists what is there
and finds a bundle by its name; a name is only ever compared with what is listed, so it cannot
lead to another place.
"""

import contextlib
import dataclasses
import difflib
import hashlib
import io
import json
import os
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import platformdirs
from filelock import FileLock, Timeout
from PIL import Image

import explorer
from explorer import data, presets
from explorer.bundle import (
    UNFINISHED_SUFFIX,
    BundleSummary,
    Codes,
    ModelBundle,
    bundles_in,
    looks_like_bundle,
    read_summary,
    refuse_other_contents,
    replace_file,
    write_bundle,
)
from explorer.bundle.card import card_text
from explorer.bundle.files import machine_error
from explorer.bundle.settings import kept_scores
from explorer.config import TrainConfig
from explorer.data.imageset import ReportProgress, Skipped
from explorer.data.pictures import as_image
from explorer.errors import BundleError, MachineError
from explorer.foreign import door, parse_json

_RECORD = "run.json"  # settings of an unfinished run
# Fewer items than this have no neighbourhoods for t-SNE to keep.
_FEWEST_FOR_TSNE = 10
_LONGEST_NAME_BYTES = 200  # of a bundle; files beside it add to it, and systems allow 255
_ELSEWHERE = "bundles-elsewhere.json"  # in the home: folders of bundles that lie outside it
_LOCK = "lock"  # in the home, and in the folder of an unfinished run
_LOCK_WAIT_S = 10.0
_RENAMED = "bundles-renamed.json"  # in the home: old names to new ones
_PREVIEW_SIDE, _CELL, _GAP = 256, 80, 4  # pixels: 3 cells and 4 gaps make 256


@dataclass(frozen=True)
class Listing:
    """What was found when looking for bundles.

    Attributes:
        models: The bundles that can be opened, those that came along first, then by name.
        problems: Why other folders could not be read, one error each.
    """

    models: tuple[BundleSummary, ...]
    problems: tuple[BundleError, ...]


def home() -> Path:
    """Return the folder of the user's bundles, runs and data: LATENT_EXPLORER_HOME if set."""
    chosen = os.environ.get("LATENT_EXPLORER_HOME")
    if chosen:
        return Path(os.path.abspath(Path(chosen).expanduser()))
    return platformdirs.user_data_path("latent-explorer", appauthor=False)


def bundles_folder() -> Path:
    """Return where the user's own bundles lie; it may not exist yet."""
    return home() / "bundles"


def runs_folder() -> Path:
    """Return where the app's training runs lie; it may not exist yet."""
    return home() / "runs"


def uploads_folder() -> Path:
    """Return where `keep_upload` keeps files, each in a folder of its own; it may not exist yet."""
    return home() / "uploads"


@dataclass(frozen=True, kw_only=True)
class KeptUpload:
    """Uploaded files, kept as one; the counts are those of `data.uploads.Upload`."""

    path: Path
    n_repeated: int = 0
    n_renamed: int = 0
    skipped: tuple[Skipped, ...] = ()


def keep_upload(files: Sequence[tuple[str, bytes]]) -> KeptUpload:
    """Keep uploaded files where runs find them again, as one file.

    The same files give the same path.

    Args:
        files: Name of each file and its contents, at least one (see `data.uploads`).

    Raises:
        DataError: The files do not go together, or an archive is damaged or over a limit.
        MachineError: The disk is full or may not be written to.
    """
    from explorer.data.uploads import brought_together

    upload = brought_together(files)
    stem, suffix = Path(upload.name).stem, Path(upload.name).suffix.lower()
    digest = hashlib.sha256(upload.content).hexdigest()[:12]
    safe = re.sub(r"[^\w -]+", "-", stem).strip(" -")[:40] or "upload"
    path = uploads_folder() / digest / f"{safe}{suffix}"
    if path.is_file():
        os.utime(path.parent)  # it is as good as new
    else:
        replace_file(path, upload.content)
    return KeptUpload(
        path=path,
        n_repeated=upload.n_repeated,
        n_renamed=upload.n_renamed,
        skipped=upload.skipped,
    )


def is_upload(source: str) -> bool:
    """Whether a source of images is a file that `keep_upload` has kept, and so the same as then."""
    try:
        path = Path(os.path.abspath(source))  # a bundle from elsewhere may name anything at all
        return path.is_relative_to(os.path.abspath(uploads_folder())) and path.is_file()
    except (OSError, ValueError):  # too long for a path, or a NUL within
        return False


@contextlib.contextmanager
def changing() -> Iterator[None]:
    """Within it, no other process or thread takes a name in the home or changes a list there.

    It cannot be nested.

    Raises:
        MachineError: The home cannot be written to, or somebody else changes it for long.
    """
    lock = FileLock(home() / _LOCK)
    try:
        lock.acquire(timeout=_LOCK_WAIT_S)
    except Timeout:
        raise MachineError(
            f'Another process has held "{home() / _LOCK}" for {_LOCK_WAIT_S:.0f} seconds.',
            "Names are taken and lists are changed by one process at a time.",
            "Try again. If that does not help, end other processes of Latent Explorer.",
        ) from None
    except OSError as error:
        raise machine_error(error, home()) from error
    try:
        yield
    finally:
        lock.release()


def is_known(name: str) -> bool:
    """Whether a bundle of that name is listed."""
    return _same(name) in _all_folders()


def remember(folder: Path) -> None:
    """Note that a bundle lies elsewhere, so that it is listed and found like the others.

    Raises:
        MachineError: The home cannot be written to.
    """
    if folder.parent != bundles_folder():
        with changing():
            known = [str(other) for other in _elsewhere().values() if other != folder]
            text = json.dumps([*known, str(folder)], ensure_ascii=False, indent=1)
            replace_file(home() / _ELSEWHERE, text.encode())


def forget(folders: Sequence[Path]) -> None:
    """Take bundles that lie elsewhere off the list; they stay where they are.

    Raises:
        MachineError: The home cannot be written to.
    """
    with changing():
        known = [str(folder) for folder in elsewhere_folders() if folder not in folders]
        text = json.dumps(known, ensure_ascii=False, indent=1)
        replace_file(home() / _ELSEWHERE, text.encode())


def own_folders() -> list[Path]:
    """Return the folders of the bundles in the home, those that are damaged too."""
    return bundles_in(bundles_folder())


def elsewhere_folders() -> list[Path]:
    """Return the folders of the remembered bundles that lie elsewhere and are still there."""
    return list(_elsewhere().values())


def note_renamed(name: str, new: str) -> None:
    """Note that a bundle has another name now, so that addresses with its old one still lead to it.

    Call it within `changing`.

    Raises:
        MachineError: The home cannot be written to.
    """
    names = {old: new if now == name else now for old, now in _renamed().items() if old != new}
    text = json.dumps({**names, name: new}, ensure_ascii=False, indent=1)
    replace_file(home() / _RENAMED, text.encode())


def current_name(name: str) -> str:
    """Return the name of a bundle now: another one only where none is listed under the old one."""
    return name if is_known(name) else _renamed().get(_same(name), name)


def pretrained_folder() -> Path:
    """Return where the bundles that came along lie: in the package, or beside it in a checkout."""
    package = Path(explorer.__file__).parent
    installed = package / "pretrained"
    return installed if installed.is_dir() else package.parent / "pretrained"


def originals_folder() -> Path:
    """Return where the images behind the shipped bundles' codes lie, one file for each set."""
    return pretrained_folder() / "originals"


def models() -> Listing:
    """List all bundles, those that came along first.

    One of the user's hides one that came along under the same name; one in the home hides one that
    lies elsewhere.
    """
    found, problems = [], []
    for folder in _all_folders().values():
        try:
            found.append(_summary(folder))
        except BundleError as error:
            problems.append(error)
    return Listing(tuple(found), tuple(problems))


def _summary(folder: Path) -> BundleSummary:
    """Return what a bundle says of itself, read again when its config.json has changed."""
    try:
        now = (folder / "config.json").stat()
    except OSError:
        return read_summary(folder)  # which says what is the matter
    return _read_once(folder, (now.st_mtime_ns, now.st_size, now.st_ino))


@lru_cache(maxsize=256)  # every page of every visitor lists them
def _read_once(folder: Path, changed: tuple[int, int, int]) -> BundleSummary:
    return read_summary(folder)


def find(name_or_folder: str) -> Path:
    """Return the folder of a bundle, given as a path or as a name that `models` lists.

    Raises:
        BundleError: There is none; the message offers names that are close.
    """
    folder = Path(name_or_folder)
    return folder if looks_like_bundle(folder) else find_name(name_or_folder)


def find_name(name: str) -> Path:
    """Return the folder of a bundle by name alone, as a link in the address bar gives it.

    Raises:
        BundleError: No bundle has that name; the message offers names that are close.
    """
    folders = _all_folders()
    for known in (_same(name), _renamed().get(_same(name))):
        if known in folders:
            return folders[known]
    names = [folder.name for folder in folders.values()]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    listed = ", ".join(f'"{found}"' for found in close or sorted(names)[:8])
    raise BundleError(
        f'There is no bundle called "{name}".',
        f"{'Similar names' if close else 'Bundles'}: {listed}."
        if listed
        else "There are none yet.",
        "`latent-explorer models` lists them all; `latent-explorer train` makes one.",
    )


@dataclass(frozen=True)
class UnfinishedRun:
    """What a training run keeps beside the bundle it will become, until it has.

    Attributes:
        out: Folder of the bundle to be.
    """

    out: Path

    def __post_init__(self) -> None:
        if not self.out.name:
            raise BundleError(
                f'"{self.out}" is the top of a disk.',
                "A bundle needs a folder of its own, whose name is the bundle's.",
                "Name a folder in there, such as --out my-model.",
            )
        if len(os.fsencode(self.out.name)) > _LONGEST_NAME_BYTES:
            raise BundleError(
                f'The name "{self.out.name[:40]}…" is {len(self.out.name)} letters long.',
                f"A bundle's name may take {_LONGEST_NAME_BYTES} bytes, which are as many plain "
                "letters.",
                "Choose a shorter one.",
            )

    @property
    def folder(self) -> Path:
        """Where the run keeps its things."""
        return self.out.with_name(self.out.name + UNFINISHED_SUFFIX)

    @property
    def checkpoint(self) -> Path:
        """The file that training goes on from."""
        return self.folder / "checkpoint"

    def check(self) -> None:
        """See, before any work is done, whether the run and its bundle can be written.

        Raises:
            BundleError: Something else lies there, or an earlier run waits to be gone on with.
            MachineError: The folder may not be written to.
        """
        if self.out.name.endswith(UNFINISHED_SUFFIX):
            raise BundleError(
                f'The name "{self.out.name}" ends in {UNFINISHED_SUFFIX}.',
                "That ending marks runs that are not finished.",
                "Choose another name for the bundle.",
            )
        refuse_other_contents(self.out)
        if self.checkpoint.exists():
            raise BundleError(
                f'There is an unfinished run in "{self.folder}".',
                "A new run needs a folder of its own.",
                f"Go on with that one: {resume_command(self.out)} "
                "- or delete that folder, or choose another --out.",
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise machine_error(error, self.folder) from error

    def begin(self, config: TrainConfig) -> None:
        """Note the settings, and where the images lie, so that it can resume from anywhere.

        Raises:
            MachineError: The disk is full or may not be written to.
        """
        record: dict[str, object] = {"config": config.to_json()}
        if not data.is_name(config.data):
            record["images"] = os.path.abspath(os.path.expanduser(config.data))
        replace_file(self.folder / _RECORD, (json.dumps(record, indent=2) + "\n").encode())

    def config(self) -> TrainConfig:
        """Return the settings the run began with.

        Raises:
            BundleError: There is no such run, or its record is damaged.
            ConfigError: A setting is unknown here.
        """
        path = self.folder / _RECORD
        do = "Give the folder that was given as --out, or start again without --resume."
        try:
            content = path.read_bytes()
        except OSError:
            finished = f'The run for "{self.out}" is finished.'
            lost = f'There is no unfinished run for "{self.out}".'
            so = finished if looks_like_bundle(self.out) else lost
            raise BundleError(so, f'To resume, it needs "{self.folder}".', do) from None
        needed = "It must hold the settings of the run."
        with door(lambda why: BundleError(f'"{path}" is damaged: {why}.', needed, do)):
            record = cast(Mapping[str, Any], parse_json(content))
            return TrainConfig.from_json(record["config"])

    def images(self) -> str:
        """Return where the images lay when the run began, or the name of their set.

        Raises:
            BundleError: As in `config`.
            ConfigError: As in `config`.
        """
        config = self.config()
        noted = json.loads((self.folder / _RECORD).read_bytes()).get("images")
        return noted if isinstance(noted, str) else config.data

    def end(self) -> None:
        """Clear away what the run kept, and its folder if nothing else is in there."""
        for left in self.folder.glob("*"):
            if left.name.lstrip(".").startswith((_RECORD, self.checkpoint.name, _LOCK)):
                with contextlib.suppress(OSError):  # of the lock, while it is held on Windows
                    left.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep the run to this process; then clear its folder where there is nothing to resume.

        Raises:
            BundleError: Another process works on it.
            MachineError: The folder may not be written to.
        """
        lock = FileLock(self.folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BundleError(
                f'Another process is training "{self.out}".',
                "Only one process at a time can work on a run.",
                "Wait until it is done, or press Ctrl-C where it runs, and then resume it.",
            ) from None
        except OSError as error:
            raise machine_error(error, self.folder) from error
        try:
            yield
        finally:
            if not self.checkpoint.exists():
                self.end()
            lock.release()
            with contextlib.suppress(OSError):
                self.folder.rmdir()


def train_command(config: TrainConfig, name: str) -> str:
    """Return the command line that makes a bundle called `name` from these settings again."""
    # Batch size and likelihood, if not named, would be chosen to fit the images, and others to fit
    # the kind.
    shown = {"data", "kind", "latent_dim", "likelihood", "batch_size", "seed"}
    shown |= presets.for_kind(config.kind).keys()
    words = ["latent-explorer", "train"]
    for setting in dataclasses.fields(TrainConfig):
        value = getattr(config, setting.name)
        flag = setting.name.replace("_", "-")
        if value == setting.default and setting.name not in shown:
            continue
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            words += [f"--{flag}", text]
    return shlex.join([*words, "--out", name])


def resume_command(out: Path) -> str:
    """Return the command line that goes on with an unfinished run."""
    return shlex.join(["latent-explorer", "train", "--resume", str(out)])


def free_folder(folder: Path) -> Path:
    """Return the folder, with a number behind its name if something lies there."""
    number, free = 2, folder
    while free.exists():
        free, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return free


def save(bundle: ModelBundle, folder: Path | str) -> None:
    """Write a bundle, whole or not at all.

    Raises:
        BundleError: The folder holds something else.
        MachineError: The disk is full or may not be written to.
    """
    write_bundle(bundle, folder)


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
    say = report or (lambda fraction, words: None)
    bundle = _named(bundle)
    codes = _placed(bundle.codes, lambda fraction: say(0.8 * fraction, "map of the codes"))
    say(0.8, "decoder for the browser")
    pack = _packed(bundle)
    say(0.9, "preview")
    preview = _preview(bundle)
    say(1.0, "done")
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
    command = train_command(bundle.config, bundle.name)  # whatever the file gave for it
    scored = replace(
        bundle, scores=kept_scores(scores), factor_r2=kept_scores(factor_r2), command=command
    )
    return replace(scored, card=card_text(scored))


def _all_folders() -> dict[str, Path]:
    """Return the folder each name stands for."""
    own = _elsewhere() | _folders(bundles_folder())
    shipped = {name: at for name, at in _folders(pretrained_folder()).items() if name not in own}
    return shipped | own


def _elsewhere() -> dict[str, Path]:
    """Return the remembered bundles that are still there, by name."""
    try:
        known = cast(list[object], parse_json((home() / _ELSEWHERE).read_bytes()))
        folders = [Path(text) for text in known if isinstance(text, str)]
    except (OSError, ValueError, TypeError):  # never written, or damaged: then nothing is known
        return {}
    return {_same(folder.name): folder for folder in folders if looks_like_bundle(folder)}


def _renamed() -> dict[str, str]:
    """Return the names that bundles have now, by the names they had."""
    try:
        names = cast(Mapping[str, str], parse_json((home() / _RENAMED).read_bytes()))
        return {str(old): str(new) for old, new in names.items()}
    except (OSError, ValueError, AttributeError):  # never written, or damaged
        return {}


def _folders(place: Path) -> dict[str, Path]:
    """Bundle folders in a place, by name."""
    return {_same(folder.name): folder for folder in bundles_in(place)}


def _same(name: str) -> str:
    """Return the one spelling of a name that can be typed in several (é as one sign or two)."""
    return unicodedata.normalize("NFC", name)


def _placed(codes: Codes, report: Callable[[float], None]) -> Codes:
    """Add spacing and projections; t-SNE, which takes longest, is what is reported.

    Draws from the prior have no neighbourhoods for t-SNE to show, so with them there is none.
    """
    from explorer.latent.stats import active_coordinates, spacing
    from explorer.projection import pca, tsne

    active = active_coordinates(codes.mu, codes.logvar)
    flat = pca(codes.mu)
    positions = None
    if len(codes.mu) >= _FEWEST_FOR_TSNE and codes.placed.all():
        for step in tsne(codes.mu):
            report(step.iteration / max(step.n_iterations, 1))
            positions = step.xy
    return replace(
        codes,
        spacing=spacing(codes.mu, active=active).astype(np.float32),
        pca_mean=flat.mean,
        pca_components=flat.components,
        pca_variance=flat.variance_share,
        pca=flat.xy,
        tsne=positions,
    )


def _named(bundle: ModelBundle) -> ModelBundle:
    """Name sliders after known factors, where there are any, which rise to the right."""
    from explorer.data import factor_sense
    from explorer.latent.mirroring import mirror
    from explorer.latent.stats import falling_coordinates, name_coordinates

    codes, factor_names = bundle.codes, bundle.data.factor_names
    if bundle.slider_names or codes.factors is None:
        return bundle
    factors = name_coordinates(codes.mu, codes.factors, factor_names)
    columns = {i: factor_names.index(factor) for i, factor in factors.items()}
    senses = {i: factor_sense(bundle.config.data, factor) for i, factor in factors.items()}
    names = {i: ": ".join(filter(None, (factor, senses[i]))) for i, factor in factors.items()}
    turned = mirror(bundle, falling_coordinates(codes.mu, codes.factors, columns))
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

    draws = np.flatnonzero(~bundle.codes.placed)
    rows = draws[:9] if len(draws) else _varied(bundle.codes, 9)
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


def to_picture(x: np.ndarray) -> Image.Image:
    """Return an image (c, h, w) in [0, 1] as a picture of 8-bit pixels, rounded to the nearest."""
    return as_image(np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8))


def _varied(codes: Codes, count: int) -> np.ndarray:
    """Choose items for a preview as they come, each class in turn; rows, shape (count,)."""
    n = len(codes.mu)
    labels = np.zeros(n, np.int64) if codes.labels is None else codes.labels
    turn = np.empty(n, np.int64)  # how many of its class come before each item
    for label in np.unique(labels):
        turn[labels == label] = np.arange(np.count_nonzero(labels == label))
    return np.lexsort((labels, turn))[:count]
