"""The commands of `latent-explorer` and their flags.

Knows nothing of what the commands do: the module of each is imported when it runs.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import explorer
from explorer.cli.setting_flags import add_settings
from explorer.cli.values import base_path, host_name, numbers, port, whole_numbers
from explorer.config import SHAPING, all_settings

_BUNDLE = "a folder, or a name that `latent-explorer models` lists"
_IMAGES = "a folder of images, a zip of one, .npy, .npz, or the name of a data set"
_HOST, _PORT = "127.0.0.1", 8501

Run = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; no command at all is `app`."""
    main = argparse.ArgumentParser(
        prog="latent-explorer",
        description="Explore latent spaces: move a slider and see the picture change.",
        epilog="Without a command, it starts the app.",
    )
    main.add_argument("--version", action="version", version=f"%(prog)s {explorer.__version__}")
    main.set_defaults(
        run=_lazily("serve", "app"),
        host=_HOST,
        port=_PORT,
        base_path=None,
        allowed_host=(),
        no_browser=False,
    )
    commands = main.add_subparsers(metavar="COMMAND")
    _add_app(commands)
    _add_listings(commands)
    _add_train(commands)
    _add_sweep(commands)
    _add_evaluate(commands)
    _add_codes(commands)
    _add_bench(commands)
    return main


def _lazily(module: str, function: str) -> Run:
    """Return a command that imports its module when it runs."""

    def run(args: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"explorer.cli.{module}"), function)(args)
        return code

    return run


def _command(commands: Commands, name: str, run: Run, does: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
    command.set_defaults(run=run)
    return command


def _add_app(commands: Commands) -> None:
    app = _command(commands, "app", _lazily("serve", "app"), "start the app in the browser")
    app.add_argument("--host", default=_HOST, help="address to listen on (default: %(default)s)")
    app.add_argument("--port", type=port, default=_PORT, help="default: %(default)s")
    app.add_argument(
        "--allowed-host",
        type=host_name,
        action="append",
        default=[],
        metavar="NAME",
        help="name that visitors type to reach this machine, or that a proxy serves the app under, "
        "such as lab.example.org or *.example.org; may be given several times (default: localhost "
        "and the address of --host, or any address in digits where that is 0.0.0.0)",
    )
    app.add_argument(
        "--base-path",
        type=base_path,
        metavar="PATH",
        help="path that all addresses start with, such as lab for /lab, as behind a proxy "
        "(default: none)",
    )
    app.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def _add_listings(commands: Commands) -> None:
    run = _lazily("listing", "data")
    data = _command(commands, "data", run, "list the data sets, or describe one")
    data.add_argument("source", nargs="?", metavar="NAME or PATH", help=_IMAGES)
    run = _lazily("listing", "models")
    models = _command(commands, "models", run, "list the models that the app offers")
    models.add_argument(
        "--markdown", action="store_true", help="print a table with licences, scores and commands"
    )
    add_settings(data, SHAPING)
    data.set_defaults(wrong_usage=data.error)
    for command in (data, models):
        _add_json(command)


def _add_train(commands: Commands) -> None:
    train = _command(
        commands, "train", _lazily("train", "train"), "train a model and write it as a bundle"
    )
    add_settings(train, all_settings())
    train.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder to write the bundle to; an older bundle there is replaced",
    )
    train.add_argument(
        "--resume",
        type=Path,
        metavar="FOLDER",
        help="resume the unfinished run whose --out was this folder; --data says where its images "
        "lie now if they were moved",
    )
    train.add_argument(
        "--run",
        type=Path,
        dest="run_folder",
        metavar="FOLDER",
        help="carry out the run that the app prepared in this folder; takes no other flag",
    )
    _add_json(train)
    train.set_defaults(wrong_usage=train.error)


def _add_sweep(commands: Commands) -> None:
    does = "train one model for each size of the code or each beta, and recommend one"
    sweep = _command(commands, "sweep", _lazily("sweep", "sweep"), does)
    sweep.add_argument(
        "--latent-dims",
        type=whole_numbers,
        default=argparse.SUPPRESS,
        metavar="N,N",
        help="sizes of the code to try (default: 2,4,8,16,32)",
    )
    sweep.add_argument(
        "--betas",
        type=numbers,
        default=argparse.SUPPRESS,
        metavar="X,X",
        help="KL weights to try with each size (default: 1, or the default of the kind)",
    )
    add_settings(sweep, [name for name in all_settings() if name not in ("latent_dim", "beta")])
    sweep.add_argument(
        "--name",
        metavar="NAME",
        help="prefix of the bundles' names (default: the name of the data)",
    )
    sweep.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="train on a Dask cluster with its scheduler at this address, such as "
        "tcp://10.0.0.5:8786 (default: on this machine)",
    )
    sweep.add_argument("--resume", metavar="ID", help="resume a sweep that was stopped")
    _add_json(sweep)
    sweep.set_defaults(wrong_usage=sweep.error)


def _add_evaluate(commands: Commands) -> None:
    does = "score a bundle on images it was not trained on"
    evaluate = _command(commands, "evaluate", _lazily("evaluate", "evaluate"), does)
    evaluate.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    evaluate.add_argument(
        "--data",
        metavar="NAME or PATH",
        help=f"{_IMAGES}; scores are measured on its held-out images (default: the data that the "
        "bundle was trained on)",
    )
    evaluate.add_argument(
        "--nll-samples",
        type=int,
        default=500,
        metavar="N",
        help="importance samples per image for the likelihood (default: %(default)s)",
    )
    evaluate.add_argument(
        "--nll-images",
        type=int,
        default=200,
        metavar="N",
        help="images whose likelihood is estimated; 0 for all (default: %(default)s)",
    )
    evaluate.add_argument(
        "--keep", action="store_true", help="save the scores in the bundle and on its card"
    )
    _add_json(evaluate)


def _add_codes(commands: Commands) -> None:
    from explorer.projection import METHODS

    encode = _command(
        commands, "encode", _lazily("codes", "encode"), "write the codes of images to an npz file"
    )
    encode.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    encode.add_argument("images", metavar="IMAGES", help=f"{_IMAGES}, or a single image file")
    encode.add_argument("--out", type=Path, required=True, metavar="CODES.npz")
    encode.add_argument(
        "--reconstructions",
        type=Path,
        metavar="FILE.png",
        help="also write the pictures that the codes decode to",
    )
    encode.add_argument(
        "--often",
        action="store_true",
        help="report progress often even without a terminal, for programs that read it",
    )

    decode = _command(
        commands, "decode", _lazily("codes", "decode"), "decode latent codes into one PNG"
    )
    decode.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    which = decode.add_mutually_exclusive_group(required=True)
    which.add_argument("--z", metavar="'[...]'", help="one code, or a list of codes, as JSON")
    which.add_argument("--codes", type=Path, metavar="CODES.npz", help="decode the mu in this file")
    decode.add_argument("--out", type=Path, required=True, metavar="FILE.png")

    project = _command(
        commands,
        "project",
        _lazily("codes", "project"),
        "project codes onto a 2-D map, as xy in an npz",
    )
    project.add_argument(
        "codes", type=Path, metavar="CODES.npz", help="project the mu in this file"
    )
    project.add_argument(
        "--method",
        choices=[method.name for method in METHODS.all()],
        default="pca",
        help="default: %(default)s; umap and pacmap "
        "come with the extra latent-space-explorer[maps]",
    )
    project.add_argument("--out", type=Path, required=True, metavar="XY.npz")


def _add_bench(commands: Commands) -> None:
    does = "measure the speed and size of everything that has a budget, on this machine"
    bench = _command(commands, "bench", _lazily("bench", "bench"), does)
    bench.add_argument(
        "--only",
        nargs="+",
        default=(),
        metavar="GROUP",
        help="measure only these: drag, compare, decode, size, start, memory, crowd, bombs, "
        "run, projection, training (default: all)",
    )
    bench.add_argument(
        "--readme",
        type=Path,
        metavar="README.md",
        help="write the table to this file, between its marks",
    )
    _add_json(bench)
    bench.set_defaults(wrong_usage=bench.error)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON object on stdout")
