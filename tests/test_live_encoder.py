"""The browser's encoder gives the codes that torch gives."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from explorer.bundle import read_bundle
from explorer.config import Arch, Norm, TrainConfig
from explorer.errors import ShapeError
from explorer.kinds import Kind
from explorer.latent.encode import decode, encode
from explorer.models.architecture import encoder_layers, spec_of
from explorer.models.vae import VAE
from explorer.packing.pack import UnpackableError, pack_encoder, runs_in_browser
from explorer.ui.networks import encoder_pack, encodes_live, habit
from explorer.ui.opened import open_model
from tests.tools import node

DRIVER = Path(__file__).with_name("live_network.mjs")
PRETRAINED = Path(__file__).parents[1] / "pretrained"
SHIPPED = ["faces", "mnist", "mnist-2d", "fashion-ae", "fashion-soft-intro-vae"]
NETWORKS: list[tuple[Kind, Arch, Norm, tuple[int, int, int]]] = [
    ("vae", "mlp", "batch", (1, 28, 28)),
    ("ae", "resmlp", "group", (3, 8, 8)),
    ("vae", "resmlp", "batch", (1, 8, 8)),
    ("vae", "conv", "batch", (3, 64, 64)),
    ("vae", "conv", "none", (1, 28, 28)),
    ("ae", "conv", "group", (3, 30, 30)),
    ("soft-intro-vae", "resnet", "batch", (1, 28, 28)),
    ("vae", "resnet", "group", (3, 33, 33)),
]
TOLERANCE = 0.006  # of a prior standard deviation; a slider steps by 0.01


def network(
    kind: Kind, arch: Arch, norm: Norm, shape: tuple[int, int, int]
) -> tuple[bytes, np.ndarray, np.ndarray]:
    """A pack, some images, and the codes that torch gives them."""
    config = TrainConfig(
        data="digits", kind=kind, arch=arch, norm=norm, width=6, latent_dim=7, hidden=(20, 20)
    )
    rng = np.random.default_rng(0)
    weights = {
        name: array + (0.3 * rng.uniform(size=array.shape)).astype(array.dtype)
        if "running" in name or not array.any()
        else array
        for name, array in VAE.untrained(config, shape).weights().items()
    }
    images = rng.uniform(size=(3, *shape)).astype(np.float32)
    pack = pack_encoder(
        encoder_layers(config, shape)[:2],
        weights,
        image_shape=shape,
        latent_dim=7,
        images=images,
    )
    with torch.inference_mode():
        mu = (
            VAE.from_weights(spec_of(config, shape), weights)
            .encode(torch.tensor(images))[0]
            .numpy()
        )
    return pack, images, mu


def shipped(name: str) -> tuple[bytes, np.ndarray, np.ndarray]:
    """The pack that the page fetches, pictures redrawn and noise, and torch's codes."""
    bundle = read_bundle(PRETRAINED / name)
    noise = np.random.default_rng(0).uniform(size=(2, *bundle.data.image_shape))
    images = np.concatenate([decode(bundle, bundle.codes.mu[:4]), noise]).astype(np.float32)
    return encoder_pack(open_model(name)), images, encode(bundle, images).mu


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[bytes, np.ndarray, np.ndarray]]:
    networks = {" ".join(map(str, settings)): network(*settings) for settings in NETWORKS}
    return networks | {name: shipped(name) for name in SHIPPED}


@pytest.fixture(scope="module")
def done(made, tmp_path_factory) -> dict[str, Any]:
    """What came of every pack, from one run of node."""
    folder = tmp_path_factory.mktemp("packs")
    tasks: dict[str, Any] = {"run": {}}
    for i, (name, (pack, images, _)) in enumerate(made.items()):
        path = folder / f"{i}.pack"
        path.write_bytes(pack)
        tasks["run"][name] = {"pack": str(path), "inputs": images.reshape(len(images), -1)}
    small = tasks["run"]["mnist"]
    tasks["run"]["another size"] = small | {"inputs": small["inputs"][:, :-1]}
    decoder = folder / "decoder.pack"
    decoder.write_bytes((PRETRAINED / "mnist" / "decoder.pack").read_bytes())
    tasks["run"]["a decoder"] = small | {"pack": str(decoder)}
    run = subprocess.run(
        [node(), str(DRIVER)],
        input=json.dumps(tasks, default=lambda array: array.tolist()),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    results: dict[str, Any] = json.loads(run.stdout)["run"]
    return results


@pytest.mark.slow
@pytest.mark.parametrize("name", [*(" ".join(map(str, some)) for some in NETWORKS), *SHIPPED])
def test_browser_encodes_as_torch_does(done, made, name):
    codes = np.array(done[name]["simd"])
    assert np.abs(codes).max() > 0.05  # it says something
    np.testing.assert_allclose(codes, made[name][2], rtol=1e-3, atol=TOLERANCE)
    np.testing.assert_allclose(done[name]["js"], codes, rtol=1e-5, atol=1e-5)


def test_an_image_of_another_size_is_refused(done):
    assert done["another size"]["error"] == ("The network takes 784 values, not 783.")


def test_a_decoder_is_no_encoder(done):
    assert done["a decoder"]["error"] == "The network takes 10 values, not 784."


def test_a_large_encoder_stays_on_the_server():
    config = TrainConfig(data="digits", arch="conv", width=96, latent_dim=7)
    stacks = encoder_layers(config, (3, 128, 128))[:2]
    assert not runs_in_browser(stacks, (3, 128, 128))
    assert runs_in_browser(stacks[:0], (3, 128, 128)) is False
    with pytest.raises(UnpackableError, match="The encoder takes"):
        pack_encoder(
            stacks,
            {},
            image_shape=(3, 128, 128),
            latent_dim=7,
            images=np.zeros((1, 3, 128, 128), np.float32),
        )


def test_an_encoder_must_end_in_a_code():
    config = TrainConfig(data="digits", arch="mlp", hidden=(8,), latent_dim=7)
    stacks = encoder_layers(config, (1, 8, 8))[:2]
    with pytest.raises(ShapeError, match=r"The encoder makes values.*that of the codes"):
        pack_encoder(
            stacks,
            {},
            image_shape=(1, 8, 8),
            latent_dim=6,
            images=np.zeros((1, 1, 8, 8), np.float32),
        )


def test_a_model_without_an_encoder_has_none_to_fetch(tiny_gan, tiny):
    assert not encodes_live(tiny_gan)
    assert encodes_live(tiny)


def test_a_habit_is_that_of_the_data():
    digits, faces = habit(open_model("mnist")), habit(open_model("faces"))
    assert digits.lightest < 0.1
    assert digits.is_even
    assert 0.6 < digits.filled < 0.85  # MNIST centres 20 of 28 pixels
    assert faces.darkest > 0.5
