"""The page of a sweep: begun from the form, under way, and done."""

import dataclasses
import json
from datetime import datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer import jobs
from explorer.bundle import write_bundle
from explorer.config import TrainConfig
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import JobStatus
from explorer.jobs.worker import work
from explorer.sweeping import grid
from tests.conftest import fresh_bundle, with_settings
from tests.train_page import button, choose_kind, drawn, links

pytestmark = pytest.mark.usefixtures("no_process")

CONFIG = TrainConfig(data="digits", arch="mlp", hidden=(8,), epochs=1)
SCORES = {"mse": 0.02, "psnr_db": 17.0, "log_likelihood_nats": 10.0, "kl_nats": 4.0}


def begun(*dims: int, betas: tuple[float, ...] = ()) -> str:
    sweep = jobs.new_sweep()
    jobs.begin_sweep(jobs.LocalRuns(sweep), grid(CONFIG, dims, betas), "mine")
    return sweep


def ends(run: RunFolder, *, elbo: float, active: int) -> None:
    """Let a run end in a model with these scores."""
    record = run.record()
    made = fresh_bundle(record.name)
    scores = SCORES | {"elbo_nats": elbo, "active_units": float(active)}
    kind, beta = record.config.kind, record.config.beta
    if record.config.latent_dim == 2:  # the tiny bundle's weights are those of 2 coordinates
        made = with_settings(made, kind=kind, beta=beta)
        made = dataclasses.replace(made, scores=scores, origin=record.origin)
        write_bundle(made, record.out)
    run.say(JobStatus(state="finished", out=record.name, updated_s=2e9))


def says(page: AppTest) -> str:
    return "\n".join(element.value for element in page.markdown).replace("\\", "")


def n_charts(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


# ---- the form


def test_several_sizes_begin_as_queued_runs_and_are_watched_together():
    page = drawn()
    page.toggle(key="several").set_value(True).run()
    assert not page.exception
    button(page, "Train 5 models").click().run()
    assert not page.exception
    records = [run.record() for run in jobs.runs()]
    assert {record.name for record in records} == {f"digits-d{d}" for d in (2, 4, 8, 16, 32)}
    assert {record.fitted for record in records} == {("batch_size", "likelihood")}
    (sweep,) = {record.sweep for record in records}
    assert page.query_params["sweep"] in (sweep, [sweep])


def test_without_a_size_there_is_nothing_to_begin():
    page = drawn()
    page.toggle(key="several").set_value(True).run()
    sizes: Any = page.get("button_group")[-2]
    sizes.set_value([]).run()
    assert not page.exception
    assert "at least one size" in page.info[0].value
    assert not any(b.label.startswith("Train ") for b in page.button)


def test_a_name_that_is_not_allowed_is_refused_in_words():
    page = drawn()
    page.toggle(key="several").set_value(True).run()
    next(b for b in page.text_input if b.label == "Name of the models").set_value("a/b").run()
    button(page, "Train 5 models").click().run()
    assert "cannot be the name" in page.error[0].value
    assert jobs.runs() == []


# ---- its page


def test_a_sweep_that_has_just_begun_shows_its_runs_and_says_what_will_come():
    sweep = begun(2, 8)
    page = drawn(sweep=sweep)
    assert not page.exception
    labels = [b.label.split("  ")[0] for b in page.button]
    assert "**d = 2**" in labels
    assert "**d = 8**" in labels
    assert "first model" in page.info[0].value
    assert n_charts(page) == 0


def test_a_sweep_under_way_shows_its_results_so_far():
    sweep = begun(2, 8)
    ends(jobs.runs_of(sweep)[0], elbo=6.0, active=2)
    page = drawn(sweep=sweep)
    assert not page.exception
    assert "Best choice so far: 2 dimensions" in says(page)
    assert "only model scored so far" in says(page)
    assert n_charts(page) == 4


def test_a_finished_sweep_recommends_a_model_that_can_be_opened():
    sweep = begun(2, betas=(1.0, 4.0))
    one, other = jobs.runs_of(sweep)
    ends(one, elbo=6.0, active=2)
    ends(other, elbo=1.0, active=0)
    page = drawn(sweep=sweep)
    assert not page.exception
    assert "# Which β?" in says(page)
    assert "Recommended: β = 1" in says(page)
    assert "6.0 nats, is the best" in says(page)
    assert "no larger β" in says(page)
    assert "| **mine-d2-beta1** |" in says(page)
    assert "Open in Explore" in links(page)
    assert not any(b.label in ("Pause all", "Resume all") for b in page.button)


def test_a_failed_run_says_why_and_can_resume():
    sweep = begun(2, 8)
    one, other = jobs.runs_of(sweep)
    ends(one, elbo=6.0, active=2)
    error = ("The loss is no number.", "It must be one.", "Lower the learning rate.")
    other.say(JobStatus(state="failed", error=error, updated_s=2e9))
    page = drawn(sweep=sweep)
    assert "d = 8:** The loss is no number" in page.warning[0].value.replace("\\", "")
    button(page, "Resume all").click().run()
    assert other.status().state == "queued"
    button(page, "Pause all").click().run()
    assert other.asked().pause


def test_a_model_deleted_since_is_left_out():
    sweep = begun(2)
    (run,) = jobs.runs_of(sweep)
    run.say(JobStatus(state="finished", out="gone", updated_s=2e9))
    page = drawn(sweep=sweep)
    assert not page.exception
    assert n_charts(page) == 0


def test_a_run_of_a_sweep_can_be_watched_by_itself_beside_the_others():
    sweep = begun(2, 8)
    page = drawn(sweep=sweep)
    next(b for b in page.button if b.label.startswith("**d = 8**")).click().run()
    assert not page.exception
    run = jobs.runs_of(sweep)[1]
    assert page.query_params["run"] in (run.id, [run.id])
    labels = [b.label for b in page.sidebar.button]
    assert sum("mine" in label for label in labels) == 2
    next(b for b in page.sidebar.button if b.key == f"sweep-{sweep}").click().run()
    assert page.query_params["sweep"] in (sweep, [sweep])


def test_a_sweep_is_named_after_its_data_and_the_time_it_began():
    sweep = begun(2, 8)
    for run in jobs.runs_of(sweep):
        values = json.loads((run.path / "run.json").read_text())
        values |= {"created_s": datetime(2024, 11, 7, 21, 40).astimezone().timestamp()}
        (run.path / "run.json").write_text(json.dumps(values))
    page = drawn(sweep=sweep)
    assert not page.exception
    assert "# Which size of code? :gray[digits, 7 Nov 2024 21:40]" in says(page)
    label = next(b.label for b in page.sidebar.button if b.key == f"sweep-{sweep}")
    assert label.startswith("digits, 7 Nov 2024 21:40")
    assert "Which size of code? 0 of 2 done" in label


def test_the_form_says_which_question_a_choice_answers_and_beta_alone_is_one():
    page = choose_kind(drawn(), "beta-vae")
    page.toggle(key="several").set_value(True).run()
    sizes: Any = page.get("button_group")[-2]
    betas: Any = page.get("button_group")[-1]
    sizes.set_value([8]).run()
    betas = page.get("button_group")[-1]
    betas.set_value([1.0, 2.0, 4.0]).run()
    assert "3 models answer: Which β?" in [caption.value for caption in page.caption]
    button(page, "Train 3 models").click().run()
    assert not page.exception
    (sweep,) = {run.record().sweep for run in jobs.runs()}
    page = drawn(sweep=sweep)
    labels = [b.label.split("  ")[0] for b in page.button]
    assert {"**β = 1**", "**β = 2**", "**β = 4**"} <= set(labels)


@pytest.mark.slow
def test_a_sweep_over_beta_charts_by_beta_and_shows_the_same_pictures_through_each_model():
    sweep = begun(2, betas=(1.0, 4.0, 16.0))
    for run in jobs.runs_of(sweep):
        assert work(run.path)
    page = drawn(sweep=sweep)
    assert not page.exception
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["ticktext"] == ["1", "4", "16"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "β"
    shown = [image.proto.imgs[0].alt for image in page.get("image")]
    assert shown == ["Original", "β = 1", "β = 4", "β = 16"]
    assert "code" not in says(page).split("Recommended")[1].split("The same")[0]


def test_the_models_of_a_sweep_open_side_by_side():
    sweep = begun(2, betas=(0.5, 1.0, 2.0, 4.0, 8.0))
    for run, elbo in zip(jobs.runs_of(sweep), (1.0, 6.0, 4.0, 2.0, 0.0), strict=True):
        ends(run, elbo=elbo, active=2)
    page = drawn(sweep=sweep)
    names = next(a for a in page.get("page_link") if a.proto.label == "Compare these").proto.help
    assert names.count("mine") == 4
    assert "beta1," in names.replace("\\", "")
    assert "beta8" not in names.replace("\\", "")


def test_a_missing_sweep_is_reported():
    page = drawn(sweep="nothing")
    assert not page.exception
    assert "no sweep" in page.error[0].value.replace("\\", "")


def test_runs_of_two_sweeps_and_others_are_separate_in_the_sidebar():
    begun(2, 8)
    jobs.begin(CONFIG, "alone")
    begun(4, 16)
    page = drawn()
    assert not page.exception
    labels = [b.label.split("  ")[0] for b in page.sidebar.button]
    assert sum(label.startswith("digits, ") for label in labels) == 2
    assert labels.count("alone") == 1
    assert not any("mine" in label for label in labels)
