"""Short runs on drawn images, for the tests of training."""

from typing import Any

import numpy as np

from explorer.bundle import ModelBundle
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet, fixed_split
from explorer.training import Progress

N = 60


def drawn(n: int = N, *, seed: int = 0, size: int = 8) -> ImageSet:
    """Grey images of one bright bar each, whose column is its label and factor."""
    rng = np.random.default_rng(seed)
    columns = rng.integers(0, size, n)
    pixels = rng.integers(0, 60, (n, 1, size, size)).astype(np.uint8)
    pixels[np.arange(n), 0, :, columns] += 180
    return ImageSet(
        name="bars",
        pixels=pixels,
        is_test=fixed_split(n, test_share=0.25),
        labels=columns.astype(np.int64),
        class_names=tuple(str(i) for i in range(size)),
        factors=columns[:, None].astype(np.float32),
        factor_names=("column",),
        source="drawn for a test",
        licence="MIT",
    )


def settings(**changes) -> TrainConfig:
    base: dict[str, Any] = {
        "data": "bars",
        "arch": "mlp",
        "hidden": (16,),
        "latent_dim": 2,
        "width": 2,
        "epochs": 3,
        "batch_size": 16,
    }
    return TrainConfig(**(base | changes))


def bundle_of(reports: list[Progress]) -> ModelBundle:
    bundle = reports[-1].bundle
    assert bundle is not None
    return bundle


def number(value: float | None) -> float:
    """A loss that this kind has."""
    assert value is not None
    return value


def validation_elbos(reports: list[Progress]) -> list[float]:
    return [number(r.validation.elbo) for r in reports if r.validation]


def same_weights(a: ModelBundle, b: ModelBundle) -> bool:
    return all(np.array_equal(array, b.weights[name]) for name, array in a.weights.items())
