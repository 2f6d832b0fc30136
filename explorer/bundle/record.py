"""What a bundle is: records of NumPy arrays and facts.

Knows nothing of files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from explorer.config import TrainConfig
from explorer.errors import BundleError
from explorer.kinds import KINDS, KindSpec, words_of
from explorer.models.spec import ModelSpec

FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """Facts of the images that a model was trained on.

    Attributes:
        name: Name of the image set.
        image_shape: (c, h, w).
        n_train: Number of training images.
        n_test: Number of images held out.
        class_names: One name per class; empty without labels.
        factor_names: One name per known factor; empty if none are known.
        source: Who made the images.
        licence: Their licence.
        fingerprint: `ImageSet.fingerprint`, by which the images can be recognised; empty if it was
            not taken.
    """

    name: str
    image_shape: tuple[int, int, int]
    n_train: int
    n_test: int
    class_names: tuple[str, ...] = ()
    factor_names: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, kw_only=True)
class MapFacts:
    """How a map was made.

    Attributes:
        method: Name of the method; `projection` may not know it.
        settings: Settings of the method.
        is_exact: Whether positions follow from codes by a formula; otherwise only nearness counts.
    """

    method: str
    settings: Mapping[str, float | str] = field(default_factory=dict)
    is_exact: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class LatentMap(MapFacts):
    """The positions of codes on a map.

    Attributes:
        xy: One row per code, shape (n, 2), float32.
    """

    xy: np.ndarray

    @property
    def facts(self) -> MapFacts:
        """How it was made."""
        return MapFacts(method=self.method, settings=self.settings, is_exact=self.is_exact)


def implied_facts(name: str) -> MapFacts:
    """Return how a map of that name was made, where the bundle does not say."""
    return MapFacts(method=name, settings={"perplexity": 30} if name == "tsne" else {})


@dataclass(frozen=True, kw_only=True)
class Codes:
    """Codes of up to 5,000 images, and their positions on maps.

    They are codes of test images and, for small or own sets, of training images too. A model
    without an encoder has codes of some images, found by search, and prior samples, which belong to
    no image.

    Attributes:
        mu: Posterior means, shape (n, d), float32; without an encoder, the codes themselves.
        logvar: Natural-log posterior variances, shape (n, d), float32; 0 where there are none.
        ids: Row of each item in its image set, shape (n,), int64; -1 for a prior sample.
        split: 0 for a training image, 1 for one held out, -1 for a prior sample, shape (n,), int64;
            None where all images were held out.
        labels: Class of each item, shape (n,), int64; None without labels; -1 for a prior sample.
        factors: Known factors, shape (n, k), float32; None if none are known.
        error: Reconstruction error of each item, mean squared per pixel, shape (n,), float32; 0
            for a prior sample.
        spacing: Distance of each mu to its k-th nearest other one over the active dimensions (see
            `latent.stats.spacing`), shape (n,), float32; None until a bundle is completed.
        pca_mean: Centre of the PCA, shape (d,); None until completed.
        pca_components: Orthonormal principal axes, shape (m, d), m = min(3, d); None until
            completed. PCA coordinates are (mu - pca_mean) @ pca_components.T.
        pca_variance: Share of variance on each axis, shape (m,); None until completed.
        pca: PCA coordinates, shape (n, m); None until completed.
        maps: All other maps by name, such as `tsne`; none until completed, or for too few items.
    """

    mu: np.ndarray
    logvar: np.ndarray
    ids: np.ndarray
    error: np.ndarray
    split: np.ndarray | None = None
    labels: np.ndarray | None = None
    factors: np.ndarray | None = None
    spacing: np.ndarray | None = None
    pca_mean: np.ndarray | None = None
    pca_components: np.ndarray | None = None
    pca_variance: np.ndarray | None = None
    pca: np.ndarray | None = None
    maps: Mapping[str, LatentMap] = field(default_factory=dict)

    @property
    def of_images(self) -> np.ndarray:
        """Which codes are those of images, shape (n,), bool; the others are prior samples."""
        return self.ids >= 0

    @property
    def held_out(self) -> np.ndarray:
        """Which codes are those of images that were held out, shape (n,), bool."""
        return self.of_images if self.split is None else self.split == 1


@dataclass(frozen=True, kw_only=True)
class BundleFacts:
    """What config.json says of a model.

    Attributes:
        name: Name of the folder, by which people refer to it.
        model: What the model is, and so what it can do.
        config: Settings of the training run; None if unknown, as for somebody else's model.
        stated_kind: Kind of a model whose settings are unknown, in free text; otherwise empty.
        data: Facts of the images.
        scores: Measured on the test split: `mse`, `psnr_db`, `elbo_nats`, ...
        factor_r2: How well each known factor can be predicted from mu, where that was measured.
        slider_names: Plain name of a dimension, where someone gave it one.
        command: The command line that makes the bundle again; empty if unknown.
        title: Title in plain words; empty if it has none.
        look_for: What to look for in it, in one line; may be empty.
        start_item: Row in the data set of the item that is shown first; None if not chosen.
        origin: Id of the run that made it; empty if unknown.
    """

    name: str
    model: ModelSpec
    config: TrainConfig | None = None
    stated_kind: str = ""
    data: DataFacts
    scores: Mapping[str, float] = field(default_factory=dict)
    factor_r2: Mapping[str, float] = field(default_factory=dict)
    slider_names: Mapping[int, str] = field(default_factory=dict)
    command: str = ""
    title: str = ""
    look_for: str = ""
    start_item: int | None = None
    origin: str = ""

    @property
    def kind(self) -> str:
        """Kind of model; free text if the settings are unknown."""
        return self.config.kind if self.config else self.stated_kind

    @property
    def of_kind(self) -> KindSpec | None:
        """The record of its kind; None if the kind is unknown here."""
        return KINDS.get(self.kind)

    @property
    def words(self) -> Mapping[str, str]:
        """The words of its kind in the catalogue; only the name if there are none."""
        return {"name": self.kind, **words_of(self.kind)}

    @property
    def other_objective(self) -> str:
        """The objective that replaced the ELBO in training; empty if none did or it is unknown."""
        objective = self.config.objective if self.config else "elbo"
        return "" if objective == "elbo" else objective

    @property
    def images_of(self) -> str:
        """Name or path of the images that it was trained on; empty if unknown."""
        return self.config.data if self.config else ""

    def settings(self) -> TrainConfig:
        """Return the settings of its training.

        Raises:
            BundleError: They are unknown.
        """
        if self.config is not None:
            return self.config
        raise BundleError("bundle.training_unknown", name=self.name)

    def settings_to_read(self, data: str) -> TrainConfig:
        """Return settings that read images as its own were read.

        If those are unknown, the defaults bring images to its shape.

        Args:
            data: Name or path of the images.
        """
        if self.config is not None:
            return replace(self.config, data=data)
        c, side, _ = self.data.image_shape
        return TrainConfig(data=data, image_size=side, colours="grey" if c == 1 else "rgb")


@dataclass(frozen=True, kw_only=True)
class BundleSummary(BundleFacts):
    """What config.json alone says of a bundle: enough to list it.

    Attributes:
        folder: Where it lies.
        maps: How its maps were made, by name, where that is noted.
    """

    folder: Path
    maps: Mapping[str, MapFacts] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ModelBundle(BundleFacts):
    """A trained model and everything needed to explore it.

    Attributes:
        weights: Every array of the network, by name; float32. Empty where it was read without.
        codes: Codes of images, and prior samples if there is no encoder.
        pack: `decoder.pack`, what the browser runs; None if the decoder cannot be packed.
        preview: `preview.png`; empty until completed.
        card: `README.md`, the model card; empty until completed.
        folder: Where it was read from; None if it was just trained.
    """

    weights: Mapping[str, np.ndarray]
    codes: Codes
    pack: bytes | None = None
    preview: bytes = b""
    card: str = ""
    folder: Path | None = None
