"""The lesson on gradients, and a run as a GIF."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer import jobs, store
from explorer.config import TrainConfig
from explorer.errors import TrainingError
from explorer.export.as_gif import replay_gif
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import JobStatus, Record
from explorer.jobs.worker import work
from explorer.ui.replay import replay_of
from explorer.ui.views.train.gradients import _LESSONS

pytestmark = pytest.mark.usefixtures("no_process")


def lesson() -> AppTest:
    def script():
        from explorer.ui.views.train.gradients import render_gradient_lesson

        render_gradient_lesson()

    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    return "\n".join(element.value for element in page.markdown)


LAYERS = ("encoder.trunk.1", "encoder.mu.0", "decoder.trunk.0", "decoder.mean.0")


def ended(run: RunFolder, health: Any, norms: list[float], **changes) -> None:
    """Let a run have ended without its work."""
    for step, loss in ((1, 500.0), (60, 160.0), (100, 120.0)):
        losses = {"loss": loss, "elbo": -loss, "log_likelihood": -loss, "kl": 0.0}
        line = {"step": step, "epoch": 1, "elapsed_s": 1.0, **losses}
        run.append("progress.jsonl", line | {"validation": losses, "gradients": norms})
    status = JobStatus(state="finished", step=100, steps=100, layers=LAYERS, health=health)
    run.say(replace(status, **changes))


def test_the_lesson_begins_one_run_for_each_network_and_no_run_twice():
    page = lesson()
    assert told(page).count("Not trained yet") == 9
    next(b for b in page.button if b.label == "Train 8 networks for 9 cards").click().run()
    assert not page.exception
    assert len(jobs.runs()) == 8, "two of the nine are the same network"
    assert {run.record().name for run in jobs.runs()} >= {"gradients-stuck", "gradients-clip"}
    again = lesson()
    assert "Waiting" in told(again)
    assert not any("networks" in b.label for b in again.button)


def test_runs_that_are_over_are_judged_in_words_and_drawn():
    for name, key, health, norms in (
        ("a", "stuck", "vanishing", [1e-9, 1e-3, 1.0, 2.0]),
        ("b", "residual", "healthy", [1.0, 0.0, 1.0, 0.0]),
    ):
        ended(jobs.begin(_LESSONS["vanishing"][key], name), health, norms)
    wild = jobs.begin(_LESSONS["exploding"]["wild"], "c")
    wild.say(JobStatus(state="failed", error=("The loss is no number.", "", "")))
    page = lesson()
    words = told(page)
    assert "Vanishing: it does not learn" in words
    assert "Healthy: every layer learns" in words
    assert "ELBO on held-out images −120 nats" in words  # noqa: RUF001
    assert "The loss is no number" in words.replace("\\", "")
    assert len(page.get("plotly_chart")) == 4
    assert sum("network" in b.label for b in page.button) == 1, "those that are missing"


def test_gradients_that_explode_are_seen_to_grow():
    wild = jobs.begin(_LESSONS["exploding"]["wild"], "wild")
    assert not work(wild.path)
    assert wild.status().state == "failed"
    assert wild.status().health == "exploding"
    lines: list[Any] = wild.reports()
    norms = [max(line["gradients"]) for line in lines]
    assert norms[-1] > 1e6 * norms[0]
    assert len(lesson().get("plotly_chart")) == 2, "gradients and loss of the one that failed"


def test_each_network_of_the_lesson_differs_from_the_failing_one_in_one_setting():
    for group in _LESSONS.values():
        failing, *others = (config.to_json() for config in group.values())
        for other in others:
            assert sum(other[key] != failing[key] for key in failing) == 1


# ---- a run as a GIF


@pytest.mark.slow
@pytest.mark.parametrize("d", [1, 3])
def test_a_run_is_saved_as_a_gif_with_its_steps(d):
    run = RunFolder(store.runs_folder() / "short")
    config = TrainConfig(data="digits", arch="mlp", hidden=(16,), latent_dim=d, epochs=2)
    run.create(Record(name="short", out=store.bundles_folder() / "short", config=config))
    run.ask(jobs.Asked(slow=True))  # each step is kept
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("explorer.jobs.worker._SLOW_S", 0.0)
        assert work(run.path)
    with Image.open(io.BytesIO(replay_gif(replay_of(run)))) as gif:
        assert 2 <= getattr(gif, "n_frames", 1) <= len(run.snapshots())


def test_a_run_that_is_gone_has_no_replay():
    with pytest.raises(TrainingError, match="has kept no pictures"):
        replay_of(RunFolder(store.runs_folder() / "gone"))
