"""A replay as a GIF, opened again and looked at."""

import io

import numpy as np
import pytest
from PIL import Image

from explorer.errors import DataError
from explorer.export import MOST_FRAMES, Moment, RunReplay, Titles, moments_shown
from explorer.export.as_gif import MOST_BYTES, SIZE, replay_gif
from explorer.figures import CLASS_COLORS

TITLES = Titles(run="digits", originals="Images", reconstructions="Again", samples="Drawn")
MAP = (20, 60, 380, 420)  # well within the map


def run(n: int, *, d: int = 2, channels: int = 1, side: int = 8, n_codes: int = 40):
    """A run whose codes spread out: its moments and the originals."""
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((n_codes, d))
    moments = [
        Moment(
            caption=f"step {i} of {n - 1}",
            done=i / (n - 1),
            xy=codes * (1 + i) / n,
            x_hat=rng.integers(0, 256, (8, channels, side, side), dtype=np.uint8),
            samples=rng.integers(0, 256, (16, channels, side, side), dtype=np.uint8),
        )
        for i in range(n)
    ]
    return moments, moments[0].x_hat


def frames_of(gif: bytes) -> list[Image.Image]:
    with Image.open(io.BytesIO(gif)) as opened:
        assert opened.format == "GIF"
        assert opened.info["loop"] == 0, "for ever"
        frames = []
        for i in range(getattr(opened, "n_frames", 1)):
            opened.seek(i)
            frame = opened.convert("RGB")
            frame.info["duration"] = opened.info["duration"]
            frames.append(frame)
    return frames


def colors_in(frame: Image.Image) -> list[str]:
    """Colours of the map, the most frequent first."""
    pixels = np.asarray(frame.crop(MAP)).reshape(-1, 3)
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    return [f"#{bytes(color).hex()}" for color in found[np.argsort(-counts)]]


def is_like(one: Image.Image, other: Image.Image) -> bool:
    """Whether two frames differ by no more than the choice of colours."""
    a, b = (np.asarray(frame).astype(int) for frame in (one, other))
    return np.abs(a - b).max() < 16


@pytest.mark.parametrize("channels", [1, 3])
def test_a_replay_has_a_frame_for_each_moment_and_rests_on_the_last(channels):
    moments, x = run(12, channels=channels)
    frames = frames_of(replay_gif(RunReplay(moments=moments, x=x, titles=TITLES)))
    assert len(frames) == 12
    assert all(frame.size == SIZE for frame in frames)
    assert [frame.info["duration"] for frame in frames] == [400] * 11 + [2000]
    assert not is_like(frames[0], frames[-1])


@pytest.mark.slow
def test_a_long_run_plays_for_ten_seconds_and_stays_small():
    moments, x = run(240)
    gif = replay_gif(RunReplay(moments=moments, x=x, titles=TITLES))
    frames = frames_of(gif)
    assert len(frames) == MOST_FRAMES
    assert sum(frame.info["duration"] for frame in frames[:-1]) == pytest.approx(10_000, rel=0.05)
    assert len(gif) < MOST_BYTES


def test_what_would_be_too_large_loses_moments_but_never_its_ends(monkeypatch):
    moments, x = run(9)
    whole = replay_gif(RunReplay(moments=moments, x=x, titles=TITLES))
    monkeypatch.setattr("explorer.export.as_gif.MOST_BYTES", len(whole) * 2 // 3)
    less = replay_gif(RunReplay(moments=moments, x=x, titles=TITLES))
    first, *_, last = frames_of(less)
    assert len(frames_of(less)) == 5
    assert is_like(first, frames_of(whole)[0])
    assert is_like(last, frames_of(whole)[-1])


def test_moments_are_chosen_evenly_with_both_ends():
    assert moments_shown(3) == [0, 1, 2]
    chosen = moments_shown(1000)
    assert (len(chosen), chosen[0], chosen[-1]) == (MOST_FRAMES, 0, 999)
    assert set(np.diff(chosen)) == {10, 11}


def test_dots_have_the_colours_of_their_classes_and_the_paper_is_white():
    moments, x = run(2)
    labels = np.arange(40) % 2
    gif = replay_gif(
        RunReplay(moments=moments, x=x, titles=TITLES, labels=labels, class_names=["cat", "dog"])
    )
    last = frames_of(gif)[-1]
    assert set(colors_in(last)[1:3]) == set(CLASS_COLORS["light"][:2])
    assert last.getpixel((1, 1)) == (255, 255, 255)


def test_a_single_class_and_one_without_a_name_are_drawn():
    moments, x = run(2)
    gif = replay_gif(
        RunReplay(moments=moments, x=x, titles=TITLES, labels=np.zeros(40, int), class_names=[])
    )
    assert CLASS_COLORS["light"][0] in colors_in(frames_of(gif)[-1])


def test_codes_of_one_coordinate_are_spread_over_the_height_of_the_map():
    moments, x = run(3, d=1)
    last = frames_of(replay_gif(RunReplay(moments=moments, x=x, titles=TITLES)))[-1]
    dots = np.asarray(last.crop(MAP)).astype(int).min(axis=2) < 200
    assert np.flatnonzero(dots.any(axis=1)).max() - np.flatnonzero(dots.any(axis=1)).min() > 250


def test_the_axes_stay_while_the_codes_spread():
    moments, x = run(4)
    first, *_, last = frames_of(replay_gif(RunReplay(moments=moments, x=x, titles=TITLES)))
    widths = [
        np.ptp(np.flatnonzero((np.asarray(f.crop(MAP)).min(axis=2) < 200).any(axis=0)))
        for f in (first, last)
    ]
    assert widths[0] * 2 < widths[1]


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_places_that_are_no_numbers_are_left_out(share):
    moments, x = run(2)
    for moment in moments:
        moment.xy[: int(40 * share)] = np.nan
    assert len(frames_of(replay_gif(RunReplay(moments=moments, x=x, titles=TITLES)))) == 2


def test_codes_that_never_move_are_drawn():
    moments, x = run(2)
    still = [Moment(**(vars(m) | {"xy": np.zeros((40, 2))})) for m in moments]
    assert len(frames_of(replay_gif(RunReplay(moments=still, x=x, titles=TITLES)))) == 2


def test_long_names_end_within_the_picture():
    moments, x = run(2)
    long = Titles(run="w" * 80, originals="o" * 90, reconstructions="", samples="s")
    names = [f"a class of many words {i}" for i in range(30)]
    labels = np.arange(40) % 30
    gif = replay_gif(RunReplay(moments=moments, x=x, titles=long, labels=labels, class_names=names))
    edge = np.asarray(frames_of(gif)[0])[:, -10:]
    assert (edge == 255).all()


def test_a_run_that_reads_no_images_shows_its_samples_alone():
    moments, x = run(3)
    alone = [
        Moment(**(vars(m) | {"x_hat": x[:0], "samples": np.repeat(m.samples, 3, axis=0)}))
        for m in moments
    ]
    first, *_, last = frames_of(replay_gif(RunReplay(moments=alone, x=x[:0], titles=TITLES)))
    assert not is_like(first, last)
    grey = np.asarray(last.convert("L"))
    assert (grey[350:420] < 200).any(), "48 pictures take most of the height"
    assert (grey[100:300, 20:400] < 200).mean() > 0.5, "and the place of the map"


def test_one_moment_is_no_replay():
    moments, x = run(2)
    with pytest.raises(DataError, match="at least two"):
        replay_gif(RunReplay(moments=moments[:1], x=x, titles=TITLES))
