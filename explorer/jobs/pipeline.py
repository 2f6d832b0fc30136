"""One run from images to a saved model: a generator, watched by observers.

It loads the images, chooses the settings left open, trains, completes the model and saves it. The
caller that iterates over its reports decides how long it trains; observers only note what happens.
Knows nothing of terminals, pages, turns or clusters.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.bundle import ModelBundle, write_bundle
from explorer.completing import complete, train_command
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.errors import ExplorerError
from explorer.jobs.ends import Ends, Which

if TYPE_CHECKING:
    from explorer.training import Control, Progress


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a run has to do.

    Attributes:
        config: Settings.
        fitted: Names of those to be chosen to fit the images.
        source: Where the images lie, or the name of their set; empty to use `config.data`.
        name: Name of the model while it trains.
        checkpoint: File that the run resumes from; None of a run that cannot resume.
        place: Returns the folder to save the model in; called once the model is trained.
        origin: Returns the id of the run, which its model gets too; called then too.
        aside: Returns where to save the model with the other weights that could have been kept;
            None if those are not wanted.
    """

    config: TrainConfig
    fitted: Iterable[str] = ()
    source: str = ""
    name: str
    checkpoint: Path | None = None
    place: Callable[[], Path]
    origin: Callable[[], str] = str
    aside: Callable[[Which], Path] | None = None


@dataclass(frozen=True)
class Made:
    """A model that is saved.

    Attributes:
        bundle: The model, complete.
        folder: Where it is.
        last: The last report of its training.
        images: What it learnt from, and was tested on.
    """

    bundle: ModelBundle
    folder: Path
    last: "Progress"
    images: ImageSet

    @cached_property
    def ends(self) -> Ends:
        """The ends of the run, with the verdict on each."""
        from explorer.jobs.concluding import concluded

        return concluded(self.last, self.images)


class Observer:
    """Notes what happens in a run; a subclass overrides the methods that it needs."""

    def doing(self, done: float, words: str) -> None:
        """Note the share done of the work before the first step or after the last."""

    def loaded(self, images: ImageSet, config: TrainConfig) -> None:
        """Note the images and the settings, including those chosen to fit the images."""

    def note(self, progress: "Progress") -> None:
        """Note a report of the training; the last one carries the bundle."""

    def made(self, made: Made) -> None:
        """Note that the model is saved."""


class Pipeline:
    """A run that can be stopped and resumed; images are loaded once.

    Args:
        task: What to do.
        control: What the caller may change from report to report.
        observers: They note everything, in this order.
        heeding: A context for the training itself, left while loading and completing.
    """

    def __init__(
        self,
        task: Task,
        *,
        control: "Control | None" = None,
        observers: Sequence[Observer] = (),
        heeding: AbstractContextManager[object] | None = None,
    ) -> None:
        self._task = task
        self._control = control
        self._observers = observers
        self._heeding = heeding or contextlib.nullcontext()
        self._loaded: tuple[ImageSet, TrainConfig] | None = None

    def load(self) -> tuple[ImageSet, TrainConfig]:
        """Return the images, loaded at the first call, and settings that fit them.

        Raises:
            ExplorerError: As `data.load`.
        """
        from explorer.data import load_for
        from explorer.training import choice

        if self._loaded is None:
            task = self._task
            source = task.source or task.config.data
            images = load_for(dataclasses.replace(task.config, data=source), report=self._doing)
            config = choice.fitted(task.config, task.fitted, images)
            choice.use_fitting_threads(config, images)
            for observer in self._observers:
                observer.loaded(images, config)
            self._loaded = images, config
        return self._loaded

    def run(self, *, resume: bool = False) -> Generator["Progress"]:
        """Carry out the run, or the rest of it.

        Close the generator to stop: the training then writes its checkpoint, and another call
        resumes from there.

        Args:
            resume: Go on from the checkpoint instead of beginning.

        Yields:
            Reports of the training. After the last one, which carries the bundle, the model is
            completed and saved.

        Raises:
            ExplorerError: As `data.load`, `training.train`, `completing.complete`, `write_bundle`.
        """
        from explorer.training import train

        images, config = self.load()
        reports = train(
            images,
            config,
            name=self._task.name,
            checkpoint=self._task.checkpoint,
            resume=resume,
            control=self._control,
        )
        with self._heeding, contextlib.closing(reports):
            for progress in reports:
                for observer in self._observers:
                    observer.note(progress)
                yield progress
        self._keep(progress, images)

    def _keep(self, last: "Progress", images: ImageSet) -> None:
        """Complete and save the model, and put the one that could be kept instead aside."""
        assert last.end is not None
        folder, aside = self._task.place(), self._task.aside
        bundle = self._completed(last.end.bundle, folder.name)
        write_bundle(bundle, folder)
        made = Made(bundle, folder, last, images)
        for observer in self._observers:
            observer.made(made)
        if last.other is not None and aside is not None:
            # The run is over, whatever becomes of this.
            with contextlib.suppress(ExplorerError, MemoryError, KeyboardInterrupt):
                other = self._completed(last.other.bundle, folder.name)
                write_bundle(other, aside(last.other.which))

    def _completed(self, bundle: ModelBundle, name: str) -> ModelBundle:
        command = train_command(bundle.settings(), name)
        bundle = dataclasses.replace(bundle, name=name, origin=self._task.origin())
        return complete(bundle, command=command, report=self._doing)

    def _doing(self, done: float, words: str) -> None:
        for observer in self._observers:
            observer.doing(done, words)
