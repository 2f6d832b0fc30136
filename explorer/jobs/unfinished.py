"""What a training run of the command line keeps beside the bundle it will become."""

import contextlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from explorer import data
from explorer.bundle import UNFINISHED_SUFFIX, looks_like_bundle, refuse_other_contents
from explorer.config import TrainConfig
from explorer.disk import machine_error, replace_file
from explorer.errors import BundleError
from explorer.foreign import door, parse_json

_RECORD = "run.json"  # settings of the run
_LOCK = "lock"
_LONGEST_NAME_BYTES = 200  # of a bundle; files beside it add to it, and systems allow 255


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


def resume_command(out: Path) -> str:
    """Return the command line that goes on with an unfinished run."""
    return shlex.join(["latent-explorer", "train", "--resume", str(out)])
