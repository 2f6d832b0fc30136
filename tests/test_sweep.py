"""Runs of a sweep: begun here or on a cluster, waited for, and told."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from explorer import cli, jobs, store, training
from explorer.bundle import read_bundle
from explorer.config import TrainConfig
from explorer.errors import BundleError, DataError, MachineError, TrainingError
from explorer.jobs import cluster
from explorer.jobs.records import JobStatus
from explorer.jobs.worker import work
from explorer.sweeping import grid
from tests.commands import latent_explorer, refused
from tests.tools import started

pytestmark = pytest.mark.slow

QUICK = ["--data", "digits", "--arch", "mlp", "--hidden", "16", "--epochs", "2"]
CONFIG = TrainConfig(data="digits", arch="mlp", hidden=(16,), epochs=2)


@pytest.fixture(autouse=True)
def clean_up(own_home) -> Iterator[None]:
    yield
    for run in jobs.runs():
        jobs.delete(run)


@pytest.fixture
def at_once(monkeypatch) -> None:
    """Runs that are begun are done when `begin` returns, by this very process."""
    monkeypatch.setattr("explorer.jobs.processes._spawn", lambda run: work(run.path))


# ---- here


def test_the_runs_of_a_sweep_are_named_and_found_again(no_process):
    sweep = jobs.new_sweep()
    jobs.begin(CONFIG, "alone")
    jobs.begin_sweep(jobs.LocalRuns(sweep), grid(CONFIG, [16, 2]), "mine", fitted=["likelihood"])
    records = [run.record() for run in jobs.runs_of(sweep)]
    assert [(record.name, record.config.latent_dim) for record in records] == [
        ("mine-d2", 2),
        ("mine-d16", 16),
    ]
    assert {record.sweep for record in records} == {sweep}
    assert {record.fitted for record in records} == {("likelihood",)}


def test_a_run_of_an_earlier_version_belongs_to_no_sweep(no_process):
    run = jobs.begin(CONFIG, "old")
    values = json.loads((run.path / "run.json").read_text())
    del values["sweep"]
    (run.path / "run.json").write_text(json.dumps(values))
    assert run.record().sweep == ""


def test_an_unknown_sweep_is_refused_in_words(no_process):
    jobs.begin(CONFIG, "alone")
    with pytest.raises(TrainingError, match='no sweep "x"'):
        jobs.runs_of("x")


def test_a_run_without_a_bundle_is_no_trial():
    assert jobs.trial_of(JobStatus()) is None
    assert jobs.trial_of(JobStatus(state="finished", out="deleted-since")) is None


# ---- the command


def test_sweep_prints_its_trials_and_the_one_to_choose(at_once, capsys):
    assert cli.main(["sweep", *QUICK, "--latent-dims", "2,4", "--name", "mine", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["data"] == "digits"
    assert told["varied"] == ["latent_dim"]
    assert [trial["bundle"] for trial in told["trials"]] == ["mine-d2", "mine-d4"]
    for trial in told["trials"]:
        bundle = read_bundle(store.find(trial["bundle"]))
        assert trial["elbo_nats"] == bundle.scores["elbo_nats"]
        assert trial["active_units"] <= trial["latent_dim"] == bundle.settings().latent_dim
        assert (bundle.settings().batch_size, bundle.settings().likelihood) == (
            32,
            "gaussian-learned",
        )
    assert told["recommended"]["bundle"] in ("mine-d2", "mine-d4")
    assert "ELBO" in told["recommended"]["reason"]


def test_sweep_prints_a_table_for_people(at_once, capsys):
    flags = ["--latent-dims", "2", "--betas", "1,4", "--likelihood", "bernoulli"]
    assert cli.main(["sweep", *QUICK, *flags]) == 0
    heading, *rows, last = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["d", "beta"]
    assert [row.split()[:2] + row.split()[-1:] for row in rows] == [
        ["2", "1", "digits-d2-beta1"],
        ["2", "4", "digits-d2-beta4"],
    ]
    assert last.startswith(("Recommended: beta=1, ", "Recommended: beta=4, "))
    assert "β" in last
    assert "code" not in last.split(".")[1], "only beta was varied"
    kinds = [read_bundle(store.find(f"digits-d2-beta{beta}")).settings().kind for beta in (1, 4)]
    assert kinds == ["vae", "beta-vae"]


def test_an_autoencoder_is_compared_by_its_error(at_once, capsys):
    assert cli.main(["sweep", *QUICK, "--kind", "ae", "--latent-dims", "2,8", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "elbo_nats" not in told["trials"][0]
    assert "no ELBO" in told["recommended"]["reason"]


def test_a_sweep_of_an_adversarial_kind_begins_with_its_defaults(at_once, capsys):
    flags = ["--kind", "aae", "--latent-dims", "2,4"]
    assert cli.main(["sweep", *QUICK, *flags, "--json"]) == 0
    out, err = capsys.readouterr()
    assert "--adversarial-weight 0.05" in err
    found = json.loads(out)
    assert "mse" in found["trials"][0]
    assert "elbo_nats" not in found["trials"][0], "there is none to compare by"
    assert found["recommended"]["reason"]


def test_a_kind_without_an_encoder_is_not_swept(no_process, capsys):
    assert cli.main(["sweep", *QUICK, "--kind", "gan", "--latent-dims", "2,4"]) == 1
    assert "no encoder" in capsys.readouterr().err
    assert jobs.runs() == []


def test_a_failed_run_is_reported_and_left_out(at_once, monkeypatch, capsys):
    train = training.train

    def fails_at_four(images, config, **options):
        if config.latent_dim == 4:
            raise TrainingError.worded("The loss is no number.", "It must be one.", "Try again.")
        return train(images, config, **options)

    monkeypatch.setattr(training, "train", fails_at_four)
    assert cli.main(["sweep", *QUICK, "--latent-dims", "2,4", "--json"]) == 0
    out, err = capsys.readouterr()
    assert [trial["latent_dim"] for trial in json.loads(out)["trials"]] == [2]
    assert "Left out d=4: The loss is no number." in err
    assert cli.main(["sweep", *QUICK, "--latent-dims", "4", "--json"]) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--latent-dims", "2,4"],
        ["--data", "digits", "--latent-dims", "two"],
        ["--data", "digits", "--betas", "1,b"],
        ["--data", "digits", "--out", "x"],
        ["--resume", "x", "--latent-dims", "2"],
        ["--resume", "x", "--data", "digits"],
    ],
)
def test_wrong_usage_of_sweep_exits_with_two(capsys, flags):
    with pytest.raises(SystemExit) as left:
        cli.main(["sweep", *flags])
    assert left.value.code == 2
    assert capsys.readouterr().out == ""


def test_errors_that_a_person_can_fix_are_shown(no_process, capsys):
    assert "1 to 60" in refused(capsys, "sweep", "--data", "digits", "--latent-dims", "")
    assert "beta is 4" in refused(capsys, "sweep", *QUICK, "--kind", "ae", "--betas", "4")
    assert "no sweep" in refused(capsys, "sweep", "--resume", "nothing")
    assert jobs.runs() == []


@pytest.mark.slow
def test_a_stopped_sweep_resumes_to_its_end(capsys):
    flags = [*QUICK[:-1], "60", "--latent-dims", "2,3", "--json"]
    with started(
        latent_explorer("sweep", *flags), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        assert "0 of 2 done" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (1, "")
    *_, sweep = err.strip().split()
    assert f"latent-explorer sweep --resume {sweep}" in err
    assert cli.main(["sweep", "--resume", sweep, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [trial["latent_dim"] for trial in told["trials"]] == [2, 3]


# ---- a cluster


@contextlib.contextmanager
def two_workers() -> Iterator[str]:
    """A cluster of two processes on this machine, and its address."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as workers:
        yield workers.scheduler_address


@pytest.mark.slow
def test_a_cluster_carries_out_a_sweep_and_its_bundles_are_saved_here(tmp_path, capsys):
    rng = np.random.default_rng(0)
    source = tmp_path / "drawn.npy"
    np.save(source, rng.integers(0, 256, (60, 8, 8), np.uint8))
    with two_workers() as address:
        flags = [*QUICK, "--latent-dims", "2,4,8", "--scheduler", address, "--json"]
        assert cli.main(["sweep", *flags]) == 0
        told = json.loads(capsys.readouterr().out)
        names = [trial["bundle"] for trial in told["trials"]]
        assert names == ["digits-d2", "digits-d4", "digits-d8"]
        assert told["recommended"]["bundle"] in names
        for name in names:
            bundle = read_bundle(store.bundles_folder() / name)
            assert "tsne" in bundle.codes.maps
            assert bundle.pack
            assert bundle.settings().likelihood == "gaussian-learned", "chosen by the worker"
        with jobs.DaskRuns(address) as executor:
            config = TrainConfig(data=str(source), arch="mlp", hidden=(8,), epochs=1)
            sent = executor.begin(config, "sent")
            unknown = executor.begin(TrainConfig(data="no-such-set"), "unknown")
            with pytest.raises(BundleError, match="cannot be the name"):
                executor.begin(config, "../elsewhere")
            assert ended(sent).out == "sent", "the file travelled"
            assert "no-such-set" in ended(unknown).error[0]
    assert read_bundle(store.bundles_folder() / "sent").settings().data == str(source)
    assert jobs.runs() == []


@pytest.mark.slow
def test_a_run_on_a_cluster_can_be_given_up():
    with two_workers() as address, jobs.DaskRuns(address) as executor:
        long = TrainConfig(data="digits", arch="mlp", hidden=(256,), epochs=20_000)
        run = executor.begin(long, "long")
        wait_for(run, lambda status: status.step > 0)
        run.leave()
        run = executor.begin(CONFIG, "short")
        assert ended(run).out == "short"
        assert not (store.bundles_folder() / "long").exists()


def wait_for(run: jobs.Watched, good) -> JobStatus:
    import time

    give_up = time.monotonic() + 120
    while not good(status := run.status()):
        assert time.monotonic() < give_up, status
        time.sleep(0.05)
    return status


def ended(run: jobs.Watched) -> JobStatus:
    return wait_for(run, lambda status: status.state in jobs.ENDED)


def test_a_scheduler_that_does_not_answer_is_reported(capsys):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        told = refused(capsys, "sweep", *QUICK, "--scheduler", address)
    assert f'No Dask scheduler answers at "{address}"' in told
    assert "dask scheduler" in told
    assert "missing port" in refused(capsys, "sweep", *QUICK, "--scheduler", "somewhere")


def test_without_the_extra_the_error_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MachineError, match=r"pip install 'latent-space-explorer\[cluster\]'"):
        jobs.DaskRuns("tcp://127.0.0.1:1")


def test_a_folder_of_images_is_not_sent_to_a_cluster(tmp_path):
    with pytest.raises(DataError, match="Zip the folder"):
        cluster._file_to_send(str(tmp_path))
    assert cluster._file_to_send("digits") is None


@pytest.mark.parametrize(
    "files",
    [{}, {"config.json": b"{}"}, {"../../evil": b"x"}, {"weights.safetensors": b"\x80\x04N."}],
)
def test_what_a_worker_hands_over_is_read_with_suspicion(files, own_home):
    with pytest.raises(BundleError):
        cluster._received((files, ()), "mine")
    assert not store.bundles_folder().exists()
    assert not (own_home / "evil").exists()
