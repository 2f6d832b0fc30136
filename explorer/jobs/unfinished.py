"""What a run of the command line keeps beside the bundle that it will become."""

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
    """What a run keeps beside its bundle until the bundle is written.

    Attributes:
        out: Folder of the bundle.
    """

    out: Path

    def __post_init__(self) -> None:
        if not self.out.name:
            raise BundleError("jobs.top_of_disk", out=self.out)
        if len(os.fsencode(self.out.name)) > _LONGEST_NAME_BYTES:
            raise BundleError(
                "jobs.long_name",
                name=self.out.name[:40],
                count=len(self.out.name),
                longest_name_bytes=_LONGEST_NAME_BYTES,
            )

    @property
    def folder(self) -> Path:
        """Folder of the run."""
        return self.out.with_name(self.out.name + UNFINISHED_SUFFIX)

    @property
    def checkpoint(self) -> Path:
        """The file that training resumes from."""
        return self.folder / "checkpoint"

    def check(self) -> None:
        """Check, before any work, that the run and its bundle can be written.

        Raises:
            BundleError: Something else lies there, or an earlier run can be resumed.
            MachineError: The folder may not be written to.
        """
        if self.out.name.endswith(UNFINISHED_SUFFIX):
            raise BundleError(
                "jobs.reserved_name", name=self.out.name, unfinished_suffix=UNFINISHED_SUFFIX
            )
        refuse_other_contents(self.out)
        if self.checkpoint.exists():
            raise BundleError(
                "jobs.unfinished_there", folder=self.folder, command=resume_command(self.out)
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise machine_error(error, self.folder) from error

    def begin(self, config: TrainConfig) -> None:
        """Write the settings, and where the images lie, so that the run can resume from any folder.

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
        try:
            content = path.read_bytes()
        except OSError:
            place = "finished" if looks_like_bundle(self.out) else "none_unfinished"
            raise BundleError(f"jobs.{place}", out=self.out, folder=self.folder) from None
        with door(lambda why: BundleError("jobs.record_damaged", path=path, why=why)):
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
        """Remove what the run kept, and its folder if nothing else is in it."""
        for left in self.folder.glob("*"):
            if left.name.lstrip(".").startswith((_RECORD, self.checkpoint.name, _LOCK)):
                with contextlib.suppress(OSError):  # of the lock, while it is held on Windows
                    left.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep the run to this process; then clear its folder if there is nothing to resume.

        Raises:
            BundleError: Another process works on it.
            MachineError: The folder may not be written to.
        """
        lock = FileLock(self.folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BundleError("jobs.at_work", out=self.out) from None
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
    """Return the command line that resumes an unfinished run."""
    return shlex.join(["latent-explorer", "train", "--resume", str(out)])
