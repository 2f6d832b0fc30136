"""Scenes: what Python sends to the browser. `live/types.js` has the same names and keys.

A test holds both sides to the same keys. Values are plain data: what JSON can say.
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

Words = Mapping[str, object]  # a section of the catalogue


class Urls(TypedDict):
    """Addresses of one model's files; the encoder's only if it runs in the browser."""

    module: str
    plotly: str
    encoder: NotRequired[str]
    pack: str
    codes: str
    map: str
    decode: str
    original: str
    names: str
    comparison: str


class StageTitle(TypedDict):
    """The top line of the page, about the model."""

    text: str
    name: str
    facts: list[str]
    lookFor: str


class Coordinate(TypedDict):
    """One slider."""

    index: int
    name: str
    limit: float
    active: bool


class Start(TypedDict):
    """Where to begin: at an item, by its number, or at a code; and what each tool keeps."""

    item: int | None
    z: list[float] | None
    tools: dict[str, str]


class OwnPicture(TypedDict):
    """A visitor's own picture itself: the server gives it no address."""

    id: int
    image: str
    z: list[float]
    error: float


class ToolScene(TypedDict):
    """One tool, by the name of its folder in `live/tools/`."""

    name: str
    label: str
    help: str


class StageScene(TypedDict):
    """What the Explore page shows."""

    key: str
    model: str
    title: StageTitle
    latentDim: int
    imageShape: list[int]
    classNames: list[str]
    coordinates: list[Coordinate]
    packed: bool
    originals: bool
    urls: Urls
    map: str
    mapUrl: str
    start: Start
    own: OwnPicture | None
    tools: list[ToolScene]
    words: Words


class ComparedModel(TypedDict):
    """One model of a comparison, and what the page says about it."""

    name: str
    title: str
    kind: str
    covered: str
    detail: str
    data: str
    latentDim: int
    shares: bool
    searched: bool
    classNames: list[str]
    originals: bool
    urls: Urls
    gain: str
    cost: str


class SliderSet(TypedDict):
    """Sliders for all models with a code of one size."""

    latentDim: int
    models: list[int]
    order: list[int]


class ScoreCell(TypedDict):
    """One value in the table of scores."""

    text: str
    best: bool


class ScoreRow(TypedDict):
    """One line of the table of scores, in words."""

    name: str
    says: str
    remark: str
    isWarning: bool
    cells: list[ScoreCell]


class SharedStart(TypedDict):
    """What a comparison shows, as the address keeps it."""

    item: int | None
    item2: int | None
    seed: int
    z: list[list[float] | None]
    spots: list[int | None]


class ExportScene(TypedDict):
    """One format that something can be saved in; its address may contain the file itself."""

    name: str
    label: str
    help: str
    suffix: str
    mediaType: str
    url: str


class CompareScene(TypedDict):
    """What the Compare page shows."""

    key: str
    imageShape: list[int]
    urls: dict[str, str]
    colors: dict[str, list[str]]
    plainColor: str
    models: list[ComparedModel]
    sizes: list[SliderSet]
    firstItem: int | None
    scores: list[ScoreRow]
    tables: list[ExportScene]
    start: SharedStart
    words: Words


class RunScene(TypedDict):
    """What the view of a training run shows."""

    key: str
    name: str
    latentDim: int
    urls: dict[str, str]
    state: str
    kept: str | None
    mayEndEarly: bool
    hasEncoder: bool
    adversarial: Words | None
    replays: list[ExportScene]
    words: Words
