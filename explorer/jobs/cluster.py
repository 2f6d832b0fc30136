"""Runs on a cluster of several machines, by Dask's `distributed` (the extra `cluster`).

Settings, and images that lie in a file, travel to a worker; the files of the bundle travel back and
are checked here like those of any other bundle. A worker needs this package, but no disk shared
with this machine. Anyone who reaches the scheduler of a Dask cluster can run programs on it, so it
belongs in a private network.
"""

import contextlib
import dataclasses
import os
import socket
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from explorer import data, originals, store
from explorer.bundle import read_bundle, write_bundle
from explorer.bundle.files import CAPS
from explorer.config import TrainConfig
from explorer.errors import DataError, ExplorerError, MachineError, TrainingError
from explorer.jobs import processes
from explorer.jobs.pipeline import Observer, Pipeline, Task
from explorer.jobs.records import ENDED, JobStatus

if TYPE_CHECKING:
    from distributed import Client, Future

    from explorer.training import Progress

_ANSWER_S = 10.0  # how long a scheduler may take to answer
_TELL_EVERY_S = 1.0

Answer = tuple[Mapping[str, bytes], tuple[str, ...]]  # files of the bundle; or what went wrong


class ClusterRun:
    """A run on a worker of the cluster."""

    def __init__(self, client: "Client", future: "Future", name: str, key: str) -> None:
        self._client, self._future = client, future
        self._name, self._key = name, key
        self._status = JobStatus()

    def status(self) -> JobStatus:
        """Return how it stands; once it is done, fetch its bundle and save it."""
        if self._status.state in ENDED or self._future.status == "pending":
            return self._status
        try:
            out = _received(_answer_of(self._future), self._name)
            self._status = dataclasses.replace(self._status, state="finished", out=out)
        except ExplorerError as error:
            self._status = dataclasses.replace(self._status, state="failed", error=error.beats)
        return self._status

    def leave(self) -> None:
        """Give the run up; what the worker has not sent back is lost."""
        from distributed import Event

        Event(self._key, client=self._client).set()
        self._future.cancel()

    def hear(self, step: int, steps: int) -> None:
        """Note how far the worker is."""
        if self._status.state not in ENDED:
            self._status = dataclasses.replace(
                self._status, state="running", step=step, steps=steps
            )


class DaskRuns:
    """Runs on the workers of a Dask cluster.

    Use it in a `with` statement, and wait for the runs inside.
    """

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: Where the scheduler is, such as `tcp://10.0.0.5:8786`.

        Raises:
            MachineError: The extra is not installed, or no scheduler answers there.
        """
        self._client = _connected(address)
        self._topic = f"latent-explorer-{uuid.uuid4().hex[:8]}"
        self._runs: dict[str, ClusterRun] = {}
        self._client.subscribe_topic(self._topic, self._hear)

    def __enter__(self) -> "DaskRuns":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def begin(self, config: TrainConfig, name: str, *, fitted: Iterable[str] = ()) -> ClusterRun:
        """Send a run to the cluster; see `Executor`."""
        processes.check_name(name)
        content = _file_to_send(config.data)
        sent = None if content is None else self._client.scatter(content, hash=True)
        key = f"{self._topic}-{len(self._runs)}"
        future = self._client.submit(
            _train_there,
            *(config.to_json(), name, tuple(fitted), sent, self._topic),
            key=key,
            pure=False,
        )
        self._runs[key] = ClusterRun(self._client, future, name, key)
        return self._runs[key]

    def _hear(self, event: tuple[float, Mapping[str, object]]) -> None:
        _, values = event
        self._runs[str(values["key"])].hear(int(str(values["step"])), int(str(values["steps"])))


# ---- here


def _connected(address: str) -> "Client":
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ImportError:
        raise MachineError("jobs.no_dask") from None
    try:
        # A bare connection first: a client that cannot connect complains again when it is dropped.
        socket.create_connection(get_address_host_port(address), timeout=_ANSWER_S).close()
        return Client(
            address,
            timeout=_ANSWER_S,
            set_as_default=False,
            serializers=["dask", "msgpack", "pickle"],  # our own function goes out as its name
            deserializers=["dask", "msgpack"],  # but no result is unpickled
        )
    except (OSError, ValueError) as error:
        raise MachineError("jobs.no_scheduler", address=address, error=error) from error


def _file_to_send(source: str) -> bytes | None:
    """Return the file of images that a worker needs, or None for a set that it can make itself.

    Raises:
        DataError: The images lie in a folder, or cannot be read.
    """
    path = os.path.expanduser(source)
    if data.is_name(source) or not os.path.exists(path):
        return None  # where there is no such set at all, the worker says so
    if os.path.isdir(path):
        raise DataError("jobs.images_in_folder", source=source)
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError("jobs.images_unreadable", source=source, strerror=error.strerror) from error


def _answer_of(future: "Future") -> Answer:
    """Return the answer of a worker.

    Raises:
        TrainingError: There is none: the worker was lost, lacks this package, or the program has a
            fault.
    """
    if future.status == "finished":
        answer: Answer = future.result()
        return answer
    cause = future.exception() if future.status == "error" else future.status
    raise TrainingError("jobs.cluster_failed", name=type(cause).__name__, cause=cause)


def _received(answer: Answer, name: str) -> str:
    """Check and save a bundle that a worker has made, and return its name."""
    files, error = answer
    if error:
        raise TrainingError.worded(*error)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        folder.mkdir()
        for file in CAPS.keys() & files.keys():
            (folder / file).write_bytes(files[file])
        bundle = read_bundle(folder)
    out = store.bundles_folder() / processes.free_name(name)
    write_bundle(bundle, out)
    with contextlib.suppress(MachineError):  # a failure here is harmless: the model is saved
        originals.remember_place(bundle)
    return out.name


# ---- on a worker


def _train_there(
    settings: Mapping[str, object],
    name: str,
    fitted: tuple[str, ...],
    content: bytes | None,
    topic: str,
) -> Answer:
    """Train and complete a bundle; return its files.

    Args:
        settings: As `TrainConfig.to_json` gives them.
        name: Name of the bundle.
        fitted: Settings to be chosen to fit the images.
        content: The file of images, where `data` names one.
        topic: Where to report how far it is.
    """
    try:
        config = TrainConfig.from_json(settings)
        with tempfile.TemporaryDirectory() as place:
            source = config.data
            if content is not None:
                source = str(Path(place) / Path(source).name)
                Path(source).write_bytes(content)
            folder = Path(place) / "bundle" / name
            task = Task(
                config=config, fitted=fitted, source=source, name=name, place=lambda: folder
            )
            for _ in Pipeline(task, observers=[_Reporting(topic)]).run():
                pass
            return {path.name: path.read_bytes() for path in folder.iterdir()}, ()
    except ExplorerError as error:
        return {}, error.beats


class _Reporting(Observer):
    """Reports how far a worker is, and ends its run once that was given up.

    Args:
        topic: Where to report it.
    """

    def __init__(self, topic: str) -> None:
        from distributed import Event, get_worker

        self._topic = topic
        self._worker = get_worker()
        self._key = str(self._worker.get_current_task())
        self._given_up, self._due_s = Event(self._key), 0.0

    def note(self, progress: "Progress") -> None:
        """Report how far it is, about once a second.

        Raises:
            TrainingError: The run was given up.
        """
        if time.monotonic() < self._due_s:
            return
        said = {"key": self._key, "step": progress.step, "steps": progress.steps}
        self._worker.log_event(self._topic, said)
        self._due_s = time.monotonic() + _TELL_EVERY_S
        if self._given_up.is_set():
            raise TrainingError("jobs.abandoned")
