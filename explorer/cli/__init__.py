"""The command line, `latent-explorer`: parse, call, print. Holds no arithmetic.

Results go to stdout and everything else to stderr, so that `--json` prints one JSON object and
nothing besides. Exit codes: 0 done, 1 something a person can fix, 2 wrong usage. Each command
imports what it needs when it runs, so that `--help` and `models` come at once.

- `arguments.py`: the commands and their flags.
- `setting_flags.py`: the flags of settings, and their old names.
- `values.py`: reads the values of flags.
- `terminal.py`: what reaches the terminal, and how.
- `serve.py`: `app`.
- `listing.py`: `data` and `models`.
- `train.py`: `train`.
- `sweep.py`: `sweep`.
- `evaluate.py`: `evaluate`.
- `codes.py`: `encode`, `decode` and `project`.
- `bench.py`: `bench`.
"""

import os
import sys
from collections.abc import Sequence

from explorer.cli.arguments import parser
from explorer.cli.setting_flags import with_names_now
from explorer.cli.terminal import note
from explorer.errors import ExplorerError
from explorer.words import ASKED, ENGLISH, language, languages, missing, say, unusable

_MOST_PLACES = 5  # that one note lists


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Raises:
        SystemExit: Wrong usage (2), or help was asked for (0).
    """
    _note_what_is_english()
    words, notes = with_names_now(sys.argv[1:] if argv is None else argv)
    args = parser().parse_args(words)
    for line in notes:
        note(line)
    try:
        code: int = args.run(args)
        if sys.stdout is not None:
            sys.stdout.flush()
    except ExplorerError as error:
        note(str(error))
        return 1
    except KeyboardInterrupt:
        note(say("cli.stopped"))
        return 1
    except BrokenPipeError:
        # The reader of our output has closed it. Python would complain once more on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # of a path that no check of ours foresaw
        if error.filename is None:
            raise
        note(say("cli.path_unusable", path=error.filename, why=error.strerror))
        return 1
    return code


def _note_what_is_english() -> None:
    """Say that there is no such language, once, or which of its words are no good.

    Processes started from here do not repeat the first.
    """
    asked = missing()
    if asked:
        os.environ[ASKED] = ENGLISH
        listed = ", ".join(languages())
        note(say("cli.no_language", variable=ASKED, asked=asked, languages=listed))
    elif places := unusable():
        listed = ", ".join(places[:_MOST_PLACES]) + (", \u2026" if places[_MOST_PLACES:] else "")
        note(say("cli.unusable_words", language=language(), count=len(places), places=listed))
