"""The training loop: a generator that trains, reports, and finally yields a bundle.

Knows nothing of where runs and bundles lie.
"""

import time
from collections.abc import Generator, Mapping
from dataclasses import asdict, replace
from functools import cached_property, reduce
from pathlib import Path

import torch

from explorer.bundle import refuse_unkeepable
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.errors import DivergedError, TrainingError
from explorer.foreign import door
from explorer.models.vae import VAE
from explorer.training.batches import Batches, generator_of
from explorer.training.checkpoint import Checkpoint, damaged, fingerprint, load, save
from explorer.training.collapse import AdversarialStatus, CollapseMonitor
from explorer.training.control import Control
from explorer.training.finish import facts_of, make_bundle
from explorer.training.gradients import (
    Health,
    gradient_norms,
    health_of,
    layer_names,
    layer_sizes,
)
from explorer.training.held_out import HeldOut
from explorer.training.objective import objective_of
from explorer.training.optimizers import set_learning_rate
from explorer.training.pixels import Pixels, binarized, evenly
from explorer.training.progress import End, Losses, Progress, Which
from explorer.training.recent import RecentMeans
from explorer.training.snapshots import Watch
from explorer.training.validation import Validation, losses_of
from explorer.words import say

_SAVE_EVERY_S = 2.0
_MOST_SAVING = 0.02  # share of the time
_MONITOR_SEES = 48  # images


def train(
    images: ImageSet,
    config: TrainConfig,
    *,
    name: str,
    checkpoint: Path | None = None,
    resume: bool = False,
    control: Control | None = None,
) -> Generator[Progress]:
    """Train a model, and report several times a second and after each epoch.

    Close the generator to cancel. With a checkpoint, the run can then be resumed from that very
    step; its weights become bit for bit those of an unbroken run with the same number of threads.

    Args:
        images: The training and test images.
        config: Settings of the run.
        name: Name of the bundle.
        checkpoint: File that saves the run, written now and then and when cancelled.
        resume: Continue from the checkpoint instead of starting anew.
        control: What the caller may change from report to report.

    Yields:
        Reports; the last one contains the bundle.

    Raises:
        ShapeError: Images of this shape are not supported.
        ConfigError: The network has more weights than a bundle can hold.
        TrainingError: The loss is no longer finite, or the checkpoint cannot be resumed.
        MachineError: The checkpoint cannot be written.
        ValueError: `resume` is set without a checkpoint.
    """
    if resume and checkpoint is None:
        raise ValueError("To resume, name the checkpoint.")
    refuse_unkeepable(config, facts_of(images))
    run = _Run(images, config, control or Control())
    if resume and checkpoint:
        kept = load(checkpoint, config, images)
        with door(lambda why: damaged(checkpoint)):
            run.restore(kept)
    due_s = run.elapsed_s + _SAVE_EVERY_S
    while not run.finished:
        progress = run.work()
        if checkpoint and (run.finished or run.elapsed_s >= due_s):
            begin = time.perf_counter()
            save(run.checkpoint(), checkpoint)
            took_s = time.perf_counter() - begin
            due_s = run.elapsed_s + max(_SAVE_EVERY_S, took_s / _MOST_SAVING)
        try:
            yield progress
        except GeneratorExit:
            if checkpoint:
                save(run.checkpoint(), checkpoint)
            raise
    yield run.conclusion(name)


class _Run:
    """Networks, optimisers and position of one run.

    The state of the noise generator is part of a checkpoint, so that a run can stop and resume
    between any two steps.
    """

    def __init__(self, images: ImageSet, config: TrainConfig, control: Control) -> None:
        self._images = images
        self._config = config
        self._control = control
        self._pixels = Pixels(images)
        rows = torch.as_tensor(images.train_index)
        self._batches = Batches(rows, size=config.batch_size, seed=config.seed)
        self._steps = self._batches.per_epoch * config.epochs
        self._objective = objective_of(config, images.image_shape, n_data=len(rows))
        self._noise = generator_of(config.seed, "noise")
        self._step = 0
        self._recent = RecentMeans(self._objective.measures)
        self._validation = Validation(images, self._pixels, config, self._objective)
        self._status: AdversarialStatus | None = None
        self._stopped_early = False
        self.finished = False
        self.elapsed_s = 0.0
        if config.norm == "batch" and len(rows) < 2:
            raise TrainingError("training.one_image", name=images.name)

    def work(self) -> Progress:
        """Take steps until a report is due or the epoch ends, and decide whether to finish."""
        begin, n_seen = time.perf_counter(), 0
        self._objective.networks.train()
        while True:
            n_seen += self._make_step()
            epoch_ended = self._step % self._batches.per_epoch == 0
            worked_s = time.perf_counter() - begin
            if epoch_ended or worked_s >= self._control.report_every_s:
                break
        self._check_finite()
        means, norms = self._recent.by_name(), gradient_norms(self._objective.vae)
        validation = None
        if epoch_ended or self._control.finish:
            validation = self._validate(means)
        watched = self._control.with_snapshot or self.finished
        snapshot = self._watch.look(self._objective.shown, self._pixels) if watched else None
        if self._monitor:
            self._status = self._monitor.judge(self._objective.shown, means, self._step)
        self.elapsed_s += time.perf_counter() - begin
        return replace(
            self.report(),
            images_per_s=n_seen / worked_s,
            train=losses_of(means, self._config),
            validation=validation,
            gradients=norms,
            layers=layer_names(self._objective.vae),
            health=self._health(norms),
            snapshot=snapshot,
        )

    def report(self) -> Progress:
        """Return a report on the run."""
        return Progress(
            epoch=self._step // self._batches.per_epoch,
            epochs=self._config.epochs,
            step=self._step,
            steps=self._steps,
            images_per_s=0.0,
            elapsed_s=self.elapsed_s,
            stopped_early=self._stopped_early,
            held_out=self._validation.course,
            adversarial=self._status,
        )

    def conclusion(self, name: str) -> Progress:
        """Score the weights that the run ends with: its best if it stopped early, else its last.

        Adversarial runs keep the last weights: no measure ranks earlier ones.
        """
        ends: list[Which] = ["last"]
        if self._validation.best and self._validation.course.best_step != self._step:
            keeps_best = self._stopped_early or self._config.patience > 0
            ends = ["best", "last"] if keeps_best else ["last", "best"]
        kept = self._end(ends[0], name)
        other = self._end(ends[1], name) if ends[1:] and self._control.with_other else None
        return replace(self.report(), end=kept, other=other)

    def _end(self, which: Which, name: str) -> End:
        """Score the network with its last weights, or with its best ones."""
        vae, step = self._objective.shown, self._step
        if which == "best":
            assert self._validation.best is not None
            vae = VAE.untrained(self._config, self._images.image_shape)
            vae.load_state_dict(self._validation.best)
            step = self._validation.course.best_step
        return End(
            which=which,
            step=step,
            bundle=make_bundle(vae, self._images, self._pixels, self._objective, name),
            snapshot=self._watch.look(vae, self._pixels),
        )

    def checkpoint(self) -> Checkpoint:
        """Return the state of the run as a checkpoint."""
        networks, optimizers = self._objective.state()
        return Checkpoint(
            config=self._config.to_json(),
            fingerprint=self._fingerprint,
            step=self._step,
            elapsed_s=self.elapsed_s,
            finished=self.finished,
            stopped_early=self._stopped_early,
            networks=networks,
            optimizers=optimizers,
            noise=self._noise.get_state(),
            recent=self._recent.sums,
            best=self._validation.best,
            held_out=asdict(self._validation.course),
        )

    def restore(self, kept: Checkpoint) -> None:
        """Restore the state of a checkpoint with the same settings."""
        self._objective.restore(kept.networks, kept.optimizers)
        self._noise.set_state(kept.noise)
        self._step, self.elapsed_s = kept.step, kept.elapsed_s
        self._recent.sums, self._validation.best = kept.recent, kept.best
        self._validation.course = HeldOut(**kept.held_out)
        self.finished, self._stopped_early = kept.finished, kept.stopped_early

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._images)

    @cached_property
    def _watch(self) -> Watch:
        return Watch(self._images, self._config)

    @cached_property
    def _monitor(self) -> CollapseMonitor | None:
        if not self._config.is_adversarial:
            return None
        seen = evenly(self._images.train_index, _MONITOR_SEES)
        return CollapseMonitor(self._objective, self._pixels.batch(seen))

    def _make_step(self) -> int:
        """Update the weights once, and return the number of images used."""
        config = self._config
        x = self._pixels.batch(self._batches.rows_at(self._step))
        if config.binarize == "random":
            x = binarized(x, self._noise)
        for player in self._objective.players.values():
            set_learning_rate(player.optimizer, config, self._step, self._steps)
        epoch = self._step / self._batches.per_epoch
        found = self._objective.step(x, self._noise, index=self._step, epoch=epoch)
        self._step += 1
        self._recent.add(found, len(x))
        return len(x)

    def _validate(self, train: Mapping[str, float]) -> Losses | None:
        """Measure the validation losses, and decide whether to stop."""
        epoch = self._step / self._batches.per_epoch
        losses = self._validation.losses(train, step=self._step, epoch=epoch)
        if self._control.finish or self._validation.is_out_of_patience:
            self._stopped_early = True
        self.finished = self._stopped_early or self._step == self._steps
        return losses

    def _check_finite(self) -> None:
        """Check that training can go on.

        Raises:
            DivergedError: The losses or the weights are no longer finite.
        """
        weights = self._objective.networks.state_dict().values()
        if self._recent.are_finite and all(bool(w.isfinite().all()) for w in weights):
            return
        epoch = (self._step - 1) // self._batches.per_epoch + 1
        raise _diverged(self._config, self._step, epoch)

    def _health(self, norms: tuple[float, ...]) -> Health:
        """Judge the run by its gradients, which mean nothing in adversarial training."""
        if self._config.is_adversarial:
            return "healthy"
        found = health_of(norms, layer_sizes(self._objective.vae))
        is_overfitting = found == "healthy" and self._validation.course.is_overfitting
        return "overfitting" if is_overfitting else found


def _diverged(config: TrainConfig, step: int, epoch: int) -> DivergedError:
    """Return the error about losses or weights that are not finite, with what may help."""
    lower = f"{config.learning_rate / 10:g}"
    remedies = [say("training.lower_learning_rate", learning_rate=lower)]
    if config.clip_norm == 0:
        remedies.append(say("training.clip_gradients"))
    if config.likelihood != "bernoulli":
        remedies.append(say("training.bernoulli"))
    return DivergedError(
        "training.diverged",
        epoch=epoch,
        step=step,
        learning_rate=f"{config.learning_rate:g}",
        remedies=reduce(lambda a, b: say("training.either", first=a, second=b), remedies),
    )
