"""Small real things that many tests share."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer import store, words
from explorer.bundle import Codes, DataFacts, ModelBundle, write_bundle
from explorer.completing import complete
from explorer.config import TrainConfig
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.jobs.worker import work
from explorer.kinds import KINDS
from explorer.models.architecture import spec_of
from explorer.models.spec import expected_weights
from tests.languages import marked, write_language

ADVERSARIAL = tuple(name for name, kind in KINDS.items() if kind.is_adversarial)
N_ITEMS = 32
N_PLACED = 12  # of them, where the others are draws from the prior


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Share the whole suite among the cores; a few files start sooner in one process.

    More than four browsers at once would wait for memory.
    """
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(2)
    return min(len(cores), 4) if len(cores) > 1 else 0


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch) -> Path:
    """A home of the test's own, so that none reads or writes the user's."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_giving_way(monkeypatch) -> None:
    """Keep runs that a test carries out itself from slowing down that test and all after it.

    What a run gives up, for its process and the whole session, it cannot take back.
    """
    monkeypatch.setattr("explorer.jobs.worker._give_way", lambda: None)


@pytest.fixture(autouse=True)
def own_main(monkeypatch) -> None:
    """Take back what Streamlit's `AppTest` leaves as the main module: its script, by then deleted.

    Processes that are started by spawning, as Dask's are, run the main module's file first.
    """
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def fresh_bundle(name: str = "tiny", *, seed: int = 0) -> ModelBundle:
    """A 2-unit VAE with random weights and the codes of 32 items, as training hands it over."""
    rng = np.random.default_rng(seed)
    config = TrainConfig(data="digits", latent_dim=2, arch="mlp", hidden=(8,), epochs=1, seed=seed)
    shape = (1, 8, 8)
    return ModelBundle(
        name=name,
        model=spec_of(config, shape),
        config=config,
        data=DataFacts(
            name="digits",
            image_shape=shape,
            n_train=288,
            n_test=N_ITEMS,
            class_names=("zero", "one"),
            source="drawn for a test",
            licence="MIT",
        ),
        scores={"mse": 0.05, "elbo_nats": -20.5},
        weights={
            key: rng.normal(0, 0.3, at).astype(np.float32)
            for key, at in expected_weights(spec_of(config, shape)).items()
        },
        codes=Codes(
            mu=rng.normal(size=(N_ITEMS, 2)).astype(np.float32),
            logvar=rng.normal(-2, 0.1, (N_ITEMS, 2)).astype(np.float32),
            ids=np.arange(N_ITEMS) * 10,
            error=rng.uniform(size=N_ITEMS).astype(np.float32),
            labels=np.arange(N_ITEMS) % 2,
        ),
        slider_names={1: "slant"},
    )


def with_settings(bundle: ModelBundle, **changes: Any) -> ModelBundle:
    """The bundle as if these settings had made it, whatever they mean for the model."""
    config = replace(bundle.settings(), **changes)
    return replace(bundle, config=config, model=spec_of(config, bundle.data.image_shape))


def fresh_gan(name: str = "gan", *, seed: int = 0) -> ModelBundle:
    """A 2-unit generator with random weights, 12 items placed among 20 draws from the prior."""
    rng = np.random.default_rng(seed)
    vae = fresh_bundle(name, seed=seed)
    gan = with_settings(vae, kind="gan")
    return replace(
        gan,
        scores={},
        weights={key: vae.weights[key] for key in expected_weights(gan.model)},
        codes=Codes(
            mu=rng.normal(size=(N_ITEMS, 2)).astype(np.float32),
            logvar=np.zeros((N_ITEMS, 2), np.float32),
            ids=np.where(np.arange(N_ITEMS) < N_PLACED, np.arange(N_ITEMS) * 10, -1),
            error=np.where(np.arange(N_ITEMS) < N_PLACED, 0.1, 0.0).astype(np.float32),
            labels=np.where(np.arange(N_ITEMS) < N_PLACED, np.arange(N_ITEMS) % 2, -1),
        ),
    )


@pytest.fixture(scope="session")
def tiny_gan() -> ModelBundle:
    """A tiny model without an encoder, complete with maps, pack, preview and card."""
    return complete(fresh_gan(), command="latent-explorer train --data digits --kind gan")


@pytest.fixture(scope="session")
def tiny() -> ModelBundle:
    """A tiny bundle, complete with maps, pack, preview and card."""
    return complete(fresh_bundle(), command="latent-explorer train --data digits --out tiny")


@pytest.fixture
def tiny_bundle(tiny, tmp_path: Path) -> Path:
    """The folder of a tiny complete bundle, which the test may damage."""
    folder = tmp_path / "tiny"
    write_bundle(tiny, folder)
    return folder


@pytest.fixture
def listed(tiny, own_home: Path, tmp_path, monkeypatch) -> Path:
    """The tiny bundle among the user's own, and nothing else."""
    monkeypatch.setattr(store, "pretrained_folder", lambda: tmp_path / "none")
    write_bundle(tiny, own_home / "bundles" / "tiny")
    return own_home / "bundles" / "tiny"


@pytest.fixture
def no_process(monkeypatch) -> None:
    """Let runs that are begun wait for ever: their processes are tested elsewhere."""
    monkeypatch.setattr("explorer.jobs.processes._spawn", lambda run: None)
    monkeypatch.setattr("explorer.jobs.warm_up", lambda: None)


@pytest.fixture(scope="module")
def short_run(tmp_path_factory) -> RunFolder:
    """A short run that is over, in a home of its own."""
    home = tmp_path_factory.mktemp("home")
    run = RunFolder(home / "runs" / "20260101-000000-short")
    config = TrainConfig(data="digits", arch="mlp", hidden=(16,), latent_dim=3, epochs=2)
    run.create(Record(name="short", out=home / "bundles" / "short", config=config))
    assert work(run.path)
    return run


@pytest.fixture
def at_home(short_run, monkeypatch) -> RunFolder:
    """The short run, in the home of the test."""
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(short_run.path.parents[1]))
    return short_run


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Train by one thread of torch, which is fastest for tiny networks."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def every_step(monkeypatch) -> None:
    """Report after each step, so that a test can stop at any."""
    from explorer.training import Control, loop

    monkeypatch.setattr(loop, "Control", partial(Control, report_every_s=0.0))


@pytest.fixture
def marks(tmp_path: Path, monkeypatch) -> None:
    """Have everything said in a language whose every sentence is marked."""
    folder = tmp_path / "marked"
    write_language(folder, marked)
    monkeypatch.setenv(words.ASKED, str(folder))
