"""`latent-explorer bench`."""

import argparse
import signal

from explorer.cli.terminal import note, write, write_json
from explorer.words import say


def bench(args: argparse.Namespace) -> int:
    """Measure, and print the table; a budget that is not kept is a finding, not an error."""
    from explorer import bench as table

    unknown = sorted(set(args.only) - set(table.GROUPS))
    if unknown:
        groups = ", ".join(table.GROUPS)
        args.wrong_usage(say("cli.usage.bench_only", groups=groups, unknown=", ".join(unknown)))
    if args.readme and args.only:
        args.wrong_usage(say("cli.usage.bench_readme"))
    if args.readme:
        table.around_table(args.readme)  # before minutes are spent
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # then app and browser end too
    with table.Stand() as stand:
        chosen = [
            check for check in table.checks(stand) if not args.only or check.group in args.only
        ]
        rows = list(table.measured_rows(chosen, note))
        machine = stand.machine()
    if args.readme:
        table.rewrite(args.readme, table.markdown_table(rows, machine))
    if args.json:
        write_json(table.json_values(rows, machine))
    else:
        write(table.text_table(rows, machine))
    return 0
