"""What a bundle is: plain records of NumPy arrays and facts.

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
    """What a bundle remembers of the images it was trained on.

    Attributes:
        name: Name of the image set.
        image_shape: (c, h, w).
        n_train: Number of images learnt from.
        n_test: Number of images held out.
        class_names: One name per class; empty without labels.
        factor_names: One name per known factor; empty if none are known.
        source: Who made the images.
        licence: Their licence.
        fingerprint: `ImageSet.fingerprint` of the images, by which they are known again; empty if
            it was not taken.
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
    """How a map came about.

    Attributes:
        method: Name of the method, as `projection` knows it; it may be unknown here.
        settings: What the method was told.
        is_exact: Whether places follow from codes by a formula; else only nearness means anything.
    """

    method: str
    settings: Mapping[str, float | str] = field(default_factory=dict)
    is_exact: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class LatentMap(MapFacts):
    """Where the codes lie on a map.

    Attributes:
        xy: One row per code, shape (n, 2), float32.
    """

    xy: np.ndarray

    @property
    def facts(self) -> MapFacts:
        """How it came about."""
        return MapFacts(method=self.method, settings=self.settings, is_exact=self.is_exact)


def implied_facts(name: str) -> MapFacts:
    """Return how a map of that name came about where nothing is noted of it."""
    return MapFacts(method=name, settings={"perplexity": 30} if name == "tsne" else {})


@dataclass(frozen=True, kw_only=True)
class Codes:
    """What the encoder says of up to 5,000 images, and where they fall on the map.

    They are test images and, of small and own sets, training images too. Of a model without an
    encoder they are codes of some images, found by search, and draws from the prior, which are no
    image's.

    Attributes:
        mu: Posterior means, shape (n, d), float32; without an encoder, the codes themselves.
        logvar: Natural-log posterior variances, shape (n, d), float32; 0 where there are none.
        ids: Row of each item in its image set, shape (n,), int64; -1 for a draw from the prior.
        split: 0 for an image learnt from, 1 for one held out, -1 for a draw, shape (n,), int64;
            None where all images were held out.
        labels: Class of each item, shape (n,), int64; None without labels; -1 for a draw.
        factors: Known factors, shape (n, k), float32; None if none are known.
        error: Reconstruction error of each item, mean squared per pixel, shape (n,), float32; 0
            for a draw.
        spacing: Distance of each mu to its k-th nearest other one over the active units (see
            `latent.stats.spacing`), shape (n,), float32; None until a bundle is completed.
        pca_mean: Centre of the PCA, shape (d,); None until completed.
        pca_components: Orthonormal principal axes, shape (m, d), m = min(3, d); None until
            completed. PCA coordinates are (mu - pca_mean) @ pca_components.T.
        pca_variance: Share of variance on each axis, shape (m,); None until completed.
        pca: PCA coordinates, shape (n, m); None until completed.
        maps: All other maps by name, such as `tsne`; none until completed, or where too few items.
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
        """Which codes are those of an image, shape (n,), bool; the others are draws."""
        return self.ids >= 0

    @property
    def held_out(self) -> np.ndarray:
        """Which codes are those of an image that was held out, shape (n,), bool."""
        return self.of_images if self.split is None else self.split == 1


@dataclass(frozen=True, kw_only=True)
class BundleFacts:
    """What config.json says of a model.

    Attributes:
        name: Folder name, which is how people call it.
        model: What the model is, and so what it can do.
        config: Settings of the training run; None if they are unknown, as of somebody else's model.
        stated_kind: Kind of a model whose settings are unknown, in any words; else empty.
        data: Facts of the images.
        scores: Measured on the test split: `mse`, `psnr_db`, `elbo_nats`, ...
        factor_r2: How well each known factor can be predicted from mu, where that was measured.
        slider_names: Plain name of a dimension, where someone gave it one.
        command: The command line that makes the bundle again; empty if unknown.
        title: What it is called in plain words; empty if it only has its name.
        look_for: What to look for in it, in one line; empty if nobody wrote one.
        start_item: Row in the data set of the item that exploring begins with; None if not chosen.
        origin: Id that its run gave it, by which the run knows it again; empty if unknown.
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
        """Kind of model; of one without settings it may be any text."""
        return self.config.kind if self.config else self.stated_kind

    @property
    def of_kind(self) -> KindSpec | None:
        """The record of its kind; None of a kind that is unknown here."""
        return KINDS.get(self.kind)

    @property
    def words(self) -> Mapping[str, str]:
        """What the catalogue says of its kind; only the name where it says nothing."""
        return {"name": self.kind, **words_of(self.kind)}

    @property
    def other_objective(self) -> str:
        """What it was trained by in place of the ELBO; empty where it was not, or is unknown."""
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

        Where those are unknown, images are brought to its shape by the usual rules.

        Args:
            data: Name or path of the images.
        """
        if self.config is not None:
            return replace(self.config, data=data)
        c, side, _ = self.data.image_shape
        return TrainConfig(data=data, image_size=side, colours="grey" if c == 1 else "rgb")


@dataclass(frozen=True, kw_only=True)
class BundleSummary(BundleFacts):
    """What config.json alone says of a bundle: enough to list it and to show its card.

    Attributes:
        folder: Where it lies.
        maps: How its maps came about, by name, where that is noted.
    """

    folder: Path
    maps: Mapping[str, MapFacts] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ModelBundle(BundleFacts):
    """A trained model and all that is needed to explore it.

    Attributes:
        weights: Every array of the network, by name; float32. Empty where it was read without.
        codes: Codes of images, and draws from the prior where there is no encoder.
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
