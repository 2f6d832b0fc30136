"""How tests run commands."""

import sys

import pytest

from explorer import cli

QUICK = ["--data", "digits", "--arch", "mlp", "--hidden", "16", "--latent-dim", "2"]


def latent_explorer(*args: object) -> list[str]:
    return [sys.executable, "-m", "explorer", *map(str, args)]


def refused(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """Run a command that a person can fix, and return its one message."""
    assert cli.main([str(arg) for arg in args]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err
