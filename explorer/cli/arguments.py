"""The commands of `latent-explorer` and their flags.

Knows nothing of what the commands do: the module of each is imported when it runs.
"""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import explorer
from explorer.cli.setting_flags import add_settings
from explorer.cli.terminal import encodable
from explorer.cli.values import base_path, host_name, numbers, port, whole_numbers
from explorer.config import SHAPING, all_settings
from explorer.words import say

_HOST, _PORT = "127.0.0.1", 8501

Run = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class _Parser(argparse.ArgumentParser):
    """A parser that prints signs which the terminal lacks as their code, instead of failing."""

    def _print_message(self, message: str, file: Any = None) -> None:
        file = file or sys.stderr
        super()._print_message(encodable(message, file), file)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; no command at all is `app`."""
    main: argparse.ArgumentParser = _Parser(
        prog="latent-explorer", description=say("cli.about"), epilog=say("cli.without_command")
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
    commands = main.add_subparsers(metavar=_metavar("command"))
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


def _command(commands: Commands, name: str, run: Run) -> argparse.ArgumentParser:
    does = say(f"cli.commands.{name}")
    sentence = say("cli.sentence", words=does[0].upper() + does[1:])
    command = commands.add_parser(name, help=does.replace("%", "%%"), description=sentence)
    command.set_defaults(run=run)
    return command


def _help(flag: str, **values: object) -> str:
    """Say what a flag does, as argparse takes it."""
    return say(f"cli.flags.{flag}", **values).replace("%", "%%")


def _metavar(what: str) -> str:
    return say(f"cli.metavars.{what}")


def _add_app(commands: Commands) -> None:
    app = _command(commands, "app", _lazily("serve", "app"))
    app.add_argument("--host", default=_HOST, help=_help("host", default=_HOST))
    app.add_argument("--port", type=port, default=_PORT, help=_help("default", default=str(_PORT)))
    app.add_argument(
        "--allowed-host",
        type=host_name,
        action="append",
        default=[],
        metavar=_metavar("name"),
        help=_help("allowed_host"),
    )
    app.add_argument(
        "--base-path", type=base_path, metavar=_metavar("path"), help=_help("base_path")
    )
    app.add_argument("--no-browser", action="store_true", help=_help("no_browser"))


def _add_listings(commands: Commands) -> None:
    data = _command(commands, "data", _lazily("listing", "data"))
    data.add_argument("source", nargs="?", metavar=_metavar("name_or_path"), help=_help("images"))
    models = _command(commands, "models", _lazily("listing", "models"))
    models.add_argument("--markdown", action="store_true", help=_help("markdown"))
    add_settings(data, SHAPING)
    data.set_defaults(wrong_usage=data.error)
    for command in (data, models):
        _add_json(command)


def _add_train(commands: Commands) -> None:
    train = _command(commands, "train", _lazily("train", "train"))
    add_settings(train, all_settings())
    folder = _metavar("folder")
    train.add_argument("--out", type=Path, metavar=folder, help=_help("out"))
    train.add_argument("--resume", type=Path, metavar=folder, help=_help("resume"))
    train.add_argument("--run", type=Path, dest="run_folder", metavar=folder, help=_help("run"))
    _add_json(train)
    train.set_defaults(wrong_usage=train.error)


def _add_sweep(commands: Commands) -> None:
    sweep = _command(commands, "sweep", _lazily("sweep", "sweep"))
    sweep.add_argument(
        "--latent-dims",
        type=whole_numbers,
        default=argparse.SUPPRESS,
        metavar="N,N",
        help=_help("latent_dims"),
    )
    sweep.add_argument(
        "--betas", type=numbers, default=argparse.SUPPRESS, metavar="X,X", help=_help("betas")
    )
    add_settings(sweep, [name for name in all_settings() if name not in ("latent_dim", "beta")])
    sweep.add_argument("--name", metavar=_metavar("name"), help=_help("name"))
    sweep.add_argument("--scheduler", metavar=_metavar("address"), help=_help("scheduler"))
    sweep.add_argument("--resume", metavar=_metavar("id"), help=_help("resume_sweep"))
    _add_json(sweep)
    sweep.set_defaults(wrong_usage=sweep.error)


def _add_evaluate(commands: Commands) -> None:
    evaluate = _command(commands, "evaluate", _lazily("evaluate", "evaluate"))
    _add_bundle(evaluate)
    evaluate.add_argument(
        "--data",
        metavar=_metavar("name_or_path"),
        help=_help("evaluate_data", images=say("cli.flags.images")),
    )
    for flag, default in {"nll_samples": 500, "nll_images": 200}.items():
        evaluate.add_argument(
            f"--{flag.replace('_', '-')}",
            type=int,
            default=default,
            metavar="N",
            help=_help(flag, default=str(default)),
        )
    evaluate.add_argument("--keep", action="store_true", help=_help("keep"))
    _add_json(evaluate)


def _add_codes(commands: Commands) -> None:
    from explorer.projection import METHODS

    codes, picture = _metavar("codes_file"), _metavar("picture_file")
    encode = _command(commands, "encode", _lazily("codes", "encode"))
    _add_bundle(encode)
    any_images = _help("encode_images", images=say("cli.flags.images"))
    encode.add_argument("images", metavar=_metavar("images"), help=any_images)
    encode.add_argument("--out", type=Path, required=True, metavar=codes)
    encode.add_argument(
        "--reconstructions", type=Path, metavar=picture, help=_help("reconstructions")
    )
    _add_often(encode)

    decode = _command(commands, "decode", _lazily("codes", "decode"))
    _add_bundle(decode)
    which = decode.add_mutually_exclusive_group(required=True)
    which.add_argument("--z", metavar="'[...]'", help=_help("z"))
    which.add_argument("--codes", type=Path, metavar=codes, help=_help("decode_codes"))
    decode.add_argument("--out", type=Path, required=True, metavar=picture)

    project = _command(commands, "project", _lazily("codes", "project"))
    project.add_argument("codes", type=Path, metavar=codes, help=_help("project_codes"))
    project.add_argument(
        "--method",
        choices=[method.name for method in METHODS.all()],
        default="pca",
        help=_help("method", default="pca"),
    )
    project.add_argument("--out", type=Path, required=True, metavar=_metavar("xy_file"))
    _add_often(project)


def _add_bench(commands: Commands) -> None:
    bench = _command(commands, "bench", _lazily("bench", "bench"))
    bench.add_argument(
        "--only", nargs="+", default=(), metavar=_metavar("group"), help=_help("only")
    )
    bench.add_argument("--readme", type=Path, metavar="README.md", help=_help("readme"))
    _add_json(bench)
    bench.set_defaults(wrong_usage=bench.error)


def _add_bundle(command: argparse.ArgumentParser) -> None:
    command.add_argument("bundle", metavar=_metavar("bundle"), help=_help("bundle"))


def _add_often(command: argparse.ArgumentParser) -> None:
    command.add_argument("--often", action="store_true", help=_help("often"))


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help=_help("json"))
