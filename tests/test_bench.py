"""The performance table: budgets, rows, what is measured, and how it is told. No timer decides."""

import gzip
import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer import bench, cli, store
from explorer.bench import app, browser, crowd, projecting, throughput, visitors
from explorer.bundle import bundles_in
from explorer.errors import DataError, MachineError
from tests.tools import chromium, started

MACHINE = bench.Machine(
    date="2026-01-02",
    n_cores=2,
    load=0.1,
    system="Linux x86_64",
    chromium="150.0",
    python="3.11.0",
    torch="2.13.0",
)
ROW = bench.Row(what="a thing", unit="ms", budget=8, at_least=False, measured=7.31, note="quick")


def check(measure) -> bench.Check:
    return bench.Check(group="size", what="a thing", unit="ms", budget=8, measure=measure)


# Rows.


@pytest.mark.parametrize(
    ("measured", "at_least", "holds"),
    [
        (7.9, False, True),
        (8.0, False, True),
        (8.1, False, False),
        (8.1, True, True),
        (8.0, True, True),
        (7.9, True, False),
        (None, False, None),
        (math.nan, False, False),
        (math.nan, True, False),
    ],
)
def test_a_row_holds_on_the_good_side_of_its_budget(measured, at_least, holds):
    assert replace(ROW, measured=measured, at_least=at_least).holds is holds


def test_a_failed_check_stops_no_other_and_says_why():
    def lacks() -> bench.Reading:
        raise MachineError.worded("No ruler.", "One is needed.", "Buy one.")

    def breaks() -> bench.Reading:
        raise ZeroDivisionError("by zero")

    told: list[str] = []
    checks = [check(lacks), check(breaks), check(lambda: bench.Reading(3, "well"))]
    rows = list(bench.measured_rows(checks, told.append))
    assert [row.measured for row in rows] == [None, None, 3]
    assert rows[0].note == "No ruler. Buy one."
    assert "ZeroDivisionError: by zero" in rows[1].note
    assert rows[2].note == "well"
    assert sum("Traceback" in text for text in told) == 1


def test_shared_work_is_done_once_even_if_it_fails():
    calls: list[int] = []

    def work() -> float:
        calls.append(1)
        raise OSError("gone")

    once = bench.Once(work)
    told: list[str] = []
    rows = list(bench.measured_rows([check(lambda: bench.Reading(once()))] * 3, told.append))
    assert len(calls) == 1
    assert [row.note for row in rows] == ["failed: OSError: gone"] * 3
    assert sum("Traceback" in text for text in told) == 1


def test_the_table_has_every_budget_and_every_shipped_model():
    shipped = {folder.name for folder in bundles_in(store.pretrained_folder())}
    with bench.Stand() as stand:
        checks = list(bench.checks(stand))
    assert {check.group for check in checks} == set(bench.GROUPS)
    for group, budgets in {
        "decode": {1},
        "size": {1.5, 35, 40},
        "start": {4, 3},
        "memory": {0, 350, 10},
        "projection": {0.3, 0.5, 1},
        "training": {1.5},
    }.items():
        assert {check.budget for check in checks if check.group == group} == budgets
    for name in shipped:
        of_model = [check for check in checks if check.model == name]
        assert {check.group for check in of_model} == {"drag", "decode", "size", "start"}
    latency = {check.what: check.budget for check in checks if "p95" in check.what}
    assert {budget for what, budget in latency.items() if "64x64" in what} == {16}
    assert {budget for what, budget in latency.items() if "8x8" in what} == {8}


def test_the_command_names_every_group(capsys):
    with pytest.raises(SystemExit):
        cli.main(["bench", "--help"])
    words = capsys.readouterr().out
    assert all(group in words for group in bench.GROUPS)


def test_sizes_are_those_on_disk_and_of_modules_those_sent(capsys):
    assert cli.main(["bench", "--only", "size", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    sizes = {(row["model"], row["what"]): row["measured"] for row in printed["rows"]}
    for folder in bundles_in(store.pretrained_folder()):
        size = (folder / "decoder.pack").stat().st_size / 1e6
        assert sizes[folder.name, "decoder pack"] == size
    adapter = store.pretrained_folder().parent / "explorer" / "live" / "adapter.js"
    sent = sizes["", "Explore page: our JavaScript, gzipped"]
    legend = adapter.parent / "parts" / "legend.js"  # which the page waits for
    both = [len(gzip.compress(module.read_bytes(), 5)) for module in (adapter, legend)]
    assert sum(both) / 1e3 < sent < 1000
    assert printed["machine"]["python"] in sys.version
    for row in printed["rows"]:
        assert row["holds"] == (row["measured"] <= row["budget"])
        assert row["holds"] or "JavaScript" not in row["what"], row


@pytest.mark.parametrize(
    "flags", [["--only", "speed"], ["--only", "size", "--readme", "README.md"]]
)
def test_wrong_usage_is_refused_before_anything_is_measured(flags, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["bench", *flags])
    assert ended.value.code == 2
    assert "--only" in capsys.readouterr().err


# The table.


def test_the_table_shows_budget_value_and_verdict():
    rows = [ROW, replace(ROW, measured=9.0), replace(ROW, measured=None, note="no ruler")]
    text = bench.text_table(rows, MACHINE).splitlines()
    assert "at most 8 ms" in text[1]
    assert "7.31 ms  yes" in text[1]
    assert "9 ms  NO" in text[2]
    assert text[3].endswith("-  not measured  no ruler")
    assert "2 cores" in text[-1]
    assert "Chromium 150.0" in text[-1]
    several = [replace(ROW, what=what) for what in ("one thing", "another", "a third")]
    columns = {line.count("|") for line in bench.markdown_table(several, MACHINE).splitlines()[:5]}
    assert columns == {6}


def test_the_readme_shows_the_worst_of_many_models():
    def row(model: str, measured: float | None, **changes) -> bench.Row:
        return replace(ROW, model=model, measured=measured, **changes)

    rows = [row("a", 3), row("b", 5), row("c", 9, budget=16), row("", 1, what="something else")]
    told = bench.markdown_table(rows, MACHINE).splitlines()[2:5]
    assert "| 5 ms |" in told[0]
    assert "the worst of 2 models, b; quick" in told[0]
    assert "| 9 ms |" in told[1]
    assert "something else" in told[2]
    few = bench.markdown_table([row("a", 3, at_least=True), row("b", 5, at_least=True)], MACHINE)
    assert "| 3 ms |" in few
    lost = bench.markdown_table([row("a", 3), row("b", None)], MACHINE)
    assert "not measured" in lost
    assert "b: a thing" in bench.text_table([row("b", 5)], MACHINE)


def test_a_table_replaces_only_what_is_between_the_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n\n<!-- bench -->\nold\n<!-- /bench -->\n\nünd more\n")
    for _ in range(2):
        bench.rewrite(readme, "| new |")
        after = readme.read_text()
        assert after == "# Title\n\n<!-- bench -->\n| new |\n<!-- /bench -->\n\nünd more\n"


@pytest.mark.parametrize(
    "text",
    ["", "<!-- bench -->", "<!-- /bench --><!-- bench -->", "<!-- bench --><!-- /bench -->" * 2],
)
def test_a_readme_without_its_marks_is_reported_and_left_alone(tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(DataError, match="<!-- /bench -->"):
        bench.rewrite(readme, "new")
    assert readme.read_text() == text


def test_a_missing_readme_is_reported_at_once(tmp_path, capsys):
    assert cli.main(["bench", "--readme", str(tmp_path / "none.md")]) == 1
    assert "none.md" in capsys.readouterr().err


# What is measured.


def test_missing_programs_are_named_with_how_to_install_them(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        MachineError, match=r"Playwright.*pip install 'latent-space-explorer\[bench"
    ):
        browser.program()
    with pytest.raises(MachineError, match=r"pythae.*pip install 'latent-space-explorer\[bench"):
        throughput.training_race(64)


def test_a_session_asks_for_the_script_as_a_browser_does():
    from streamlit.proto.BackMsg_pb2 import BackMsg

    message = BackMsg()
    message.ParseFromString(app.RUN_THE_SCRIPT)
    assert message.WhichOneof("type") == "rerun_script"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_memory_and_torch_are_read_of_a_process_and_its_children():
    script = (
        "import sys, torch, numpy\n"
        "print('small', flush=True); sys.stdin.readline()\n"
        "block = numpy.ones(30_000_000, numpy.uint8)\n"
        "print('large', flush=True); sys.stdin.readline()\n"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with started([sys.executable, "-c", parent], **pipes) as program:
        assert program.stdin
        assert program.stdout
        them = app.RunningApp(port=1, first_answer_s=0, pid=program.pid, home=Path())
        assert program.stdout.readline() == b"small\n"
        assert any("libtorch" in name for name in them.torch_libraries())
        before = them.resident_mb()
        program.stdin.write(b"\n")
        program.stdin.flush()
        assert program.stdout.readline() == b"large\n"
        assert them.resident_mb() - before == pytest.approx(30, rel=0.1)
        assert len(them.processes()) == 2
        program.stdin.write(b"\n")


def test_labelled_codes_are_neither_trivial_nor_hopeless():
    codes, labels = projecting.labelled_codes(2000, 16)
    assert codes.shape == (2000, 16)
    assert codes.dtype == np.float32
    assert len(np.unique(labels)) == 10
    assert 0.8 < projecting.purity(codes, labels) < 0.98
    again, _ = projecting.labelled_codes(2000, 16)
    assert np.array_equal(codes, again)


def test_purity_is_one_for_parted_classes_and_chance_for_mixed_ones():
    rng = np.random.default_rng(0)
    labels = np.arange(1000) % 2
    spread = rng.normal(size=(1000, 2))
    assert projecting.purity(spread + 100 * labels[:, None], labels) == 1
    assert projecting.purity(spread, labels) == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_the_races_report_positive_numbers():
    race = projecting.tsne_race(300, 8)
    assert min(race.ours_s, race.theirs_s, race.first_picture_s) > 0
    assert race.n_pictures > 5
    assert 0.3 < race.purity <= 1
    assert projecting.pca_s(500, 4) > 0


def test_our_side_of_the_training_race_trains_an_epoch_at_a_time():
    pytest.importorskip("pythae")
    race = throughput.training_race(128)
    assert min(race.ours, race.theirs, race.ratio) > 0


@pytest.mark.slow
@pytest.mark.browser
def test_the_running_app_is_measured_as_a_visitor_meets_it():
    chromium()
    # On a thread of its own: the tests of the page leave an event loop running on this one.
    with app.running_app() as running, ThreadPoolExecutor(1) as thread:
        drag = thread.submit(browser.drag, running.address, "digits").result()
        assert drag.n_messages == 0
        assert 20 < drag.n_in_time <= len(drag.frames_ms)
        assert (drag.frames_ms > 0).all()
        drawn = thread.submit(browser.pictures, running.address, "digits").result()
        assert len(drawn.z) == 19
        assert not drawn.z[0].any()
        assert len({pixels.tobytes() for pixels in drawn.pixels}) > 15
        warm, first = thread.submit(browser.load_s, running.address, "digits").result()
        assert min(warm, first) > 0
        look = running.torch_libraries
        explored = thread.submit(browser.while_exploring, running.address, ["digits"], look)
        assert explored.result() == set()
        assert 50 < running.resident_mb() < 2000
        assert app.session_mb(running, 2) < 200


# Many visitors.


def test_the_fields_at_the_top_of_a_message_are_found():
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = ForwardMsg(hash="x" * 300)
    message.delta.new_element.text.body = "6" * 1_000
    assert visitors.fields(message.SerializeToString()) == {1, 5}
    ended = ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)
    assert visitors.fields(ended.SerializeToString()) == {visitors._SCRIPT_FINISHED}
    assert visitors.fields(b"") == set()


@pytest.mark.slow
@pytest.mark.browser
def test_a_few_visitors_do_what_a_page_did():
    chromium()
    with app.running_app() as running, ThreadPoolExecutor(1) as thread:
        assert thread.submit(crowd.ready_s, running, 2).result().shape == (2,)
        waited = thread.submit(crowd.rests_ms, running, 2).result()
    assert waited.shape == (2 * crowd._REST_S,)
    assert (waited > 0).all()
