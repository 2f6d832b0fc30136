"""Times training, with pythae in the same process for comparison.

Knows nothing of bundles. pythae is not among our requirements; the extra `bench` brings it.

Source:
    Chadebec, Vincent and Allassonnière, "Pythae: Unifying Generative Autoencoders in Python",
    2022. https://github.com/clementchadebec/benchmark_VAE
"""

import contextlib
import importlib.util
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.errors import MachineError

_N_IMAGES, _N_TEST = 8_192, 64
_HIDDEN, _LATENT_DIM = 512, 16  # the sizes of pythae's own default VAE for 28x28 grey images
_EPOCHS = 9  # timed; one more comes before them
_FEWEST_EPOCHS, _ENOUGH_S = 3, 60.0  # a machine that is very busy gets by with fewer

Epoch = Callable[[], None]


@dataclass(frozen=True)
class Race:
    """Images per second, ours and pythae's, and the median of their epoch-by-epoch ratios."""

    ours: float
    theirs: float
    ratio: float


def training_race(batch_size: int) -> Race:
    """Train the same net on the same images both ways, an epoch each in turn.

    The net is a VAE with layers 784-512-16 and back, Bernoulli likelihood and Adam. Ours is timed
    as the command line runs it, with its reports and a validation on 64 images after each epoch;
    pythae's without its progress bar, validation and checkpoints. Both use torch's own number of
    threads.

    Raises:
        MachineError: pythae is not installed.
    """
    if importlib.util.find_spec("pythae") is None:
        raise MachineError("bench.no_pythae")
    shape = (_N_IMAGES + _N_TEST, 1, 28, 28)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    is_test = np.arange(len(pixels)) >= _N_IMAGES
    images = ImageSet(name="noise", pixels=pixels, is_test=is_test)
    with contextlib.ExitStack() as stack:
        ours = _our_epoch(images, batch_size, stack)
        theirs = stack.enter_context(_their_epoch(images, batch_size))
        _timed(ours), _timed(theirs)  # first steps allocate and compile
        pairs: list[tuple[float, float]] = []
        begin = time.perf_counter()
        while len(pairs) < _EPOCHS:
            pairs.append((_timed(ours), _timed(theirs)))
            if len(pairs) >= _FEWEST_EPOCHS and time.perf_counter() - begin > _ENOUGH_S:
                break
    return Race(
        ours=_N_IMAGES / statistics.median(our_s for our_s, _ in pairs),
        theirs=_N_IMAGES / statistics.median(their_s for _, their_s in pairs),
        ratio=statistics.median(their_s / our_s for our_s, their_s in pairs),
    )


def _timed(epoch: Epoch) -> float:
    begin = time.perf_counter()
    epoch()
    return time.perf_counter() - begin


def _our_epoch(images: ImageSet, batch_size: int, stack: contextlib.ExitStack) -> Epoch:
    from explorer.training import train

    config = TrainConfig(
        data=images.name,
        arch="mlp",
        hidden=(_HIDDEN,),
        latent_dim=_LATENT_DIM,
        batch_size=batch_size,
        epochs=_EPOCHS + 2,  # never to the end, where the bundle is made
    )
    reports = stack.enter_context(contextlib.closing(train(images, config, name=images.name)))

    def epoch() -> None:
        while next(reports).validation is None:
            pass

    return epoch


@contextlib.contextmanager
def _their_epoch(images: ImageSet, batch_size: int) -> Iterator[Epoch]:
    """Set pythae up without a word on the terminal."""
    with tempfile.TemporaryDirectory() as folder, _silence():
        import torch
        from pythae.data.datasets import BaseDataset
        from pythae.models import VAE, VAEConfig
        from pythae.trainers import BaseTrainer, BaseTrainerConfig

        x = torch.from_numpy(images.images(images.train_index))
        net = VAE(
            VAEConfig(
                input_dim=images.image_shape, latent_dim=_LATENT_DIM, reconstruction_loss="bce"
            )
        )
        settings = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=1,
            per_device_train_batch_size=batch_size,
            learning_rate=1e-3,
            no_cuda=True,
        )
        trainer = BaseTrainer(net, BaseDataset(x, torch.zeros(len(x))), training_config=settings)
        trainer.prepare_training()
        trainer.callback_handler.callbacks.clear()
        yield lambda: trainer.train_step(1)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
