"""A picture of one's own gets a code, from a process of its own."""

import sys

import numpy as np
import pytest

from explorer import inversion
from explorer.bundle import write_bundle
from explorer.errors import MachineError
from explorer.inversion import code_by_encoder, find_code
from explorer.jobs import commands
from explorer.latent.encode import decode, encode

PIXELS = np.random.default_rng(0).integers(0, 256, (1, 8, 8), np.uint8)


def quiet(share: float) -> None:
    pass


def test_an_encoder_needs_no_process(tiny):
    here, x = code_by_encoder(tiny, PIXELS), PIXELS[None].astype(np.float32) / np.float32(255)
    np.testing.assert_allclose(here.z, encode(tiny, x).mu[0], atol=1e-5)
    x_hat = decode(tiny, here.z[None])[0]
    np.testing.assert_allclose(here.x_hat, x_hat * 255, atol=0.51)
    assert here.error == pytest.approx(np.square(x_hat - x[0]).mean(), abs=1e-3)


@pytest.mark.slow
def test_the_encoder_s_code_is_found_and_drawn(tiny, tiny_bundle):
    found = find_code(tiny_bundle, PIXELS, quiet)
    x = PIXELS[None].astype(np.float32) / np.float32(255)
    np.testing.assert_allclose(found.z, encode(tiny, x).mu[0], atol=1e-6)
    assert found.n_steps == 0
    x_hat = decode(tiny, found.z[None])[0]
    np.testing.assert_array_equal(found.x_hat, np.rint(x_hat * 255))
    assert found.error == pytest.approx(np.square(x_hat - x[0]).mean(), abs=1e-3)


@pytest.mark.slow
def test_without_an_encoder_a_search_reports_progress(tiny_gan, tmp_path):
    write_bundle(tiny_gan, tmp_path / "gan")
    told: list[float] = []
    found = find_code(tmp_path / "gan", PIXELS, told.append)
    assert found.n_steps == 200
    assert found.z.shape == (2,)
    assert told
    assert told == sorted(told)


@pytest.mark.slow
def test_a_process_that_fails_says_why(tmp_path):
    with pytest.raises(MachineError, match="No code was found: There is no bundle"):
        find_code(tmp_path / "nothing", PIXELS, quiet)


def test_a_search_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(commands, "_LONGEST_S", 0.2)
    with pytest.raises(MachineError, match="the process took too long"):
        commands.run_command(
            [sys.executable, "-c", "import time; time.sleep(60)"], quiet, failed=inversion._failed
        )


def test_a_command_that_has_closed_its_output_may_still_finish(tmp_path):
    done = tmp_path / "done"
    late = f"import os, time; os.close(2); time.sleep(0.5); open({str(done)!r}, 'w').close()"
    commands.run_command([sys.executable, "-c", late], quiet, failed=inversion._failed)
    assert done.exists()


def test_an_error_in_the_listener_stops_the_command():
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    slow = "import sys, time; print('  5%  x', file=sys.stderr, flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        commands.run_command([sys.executable, "-c", slow], stop, failed=inversion._failed)
