"""A comparison as a file: CSV for programs, Markdown for READMEs, LaTeX for papers."""

import csv
import io
import json
import subprocess

import numpy as np
import pytest

from explorer.export import ComparisonTable, Row, as_csv, as_latex, as_markdown
from tests.tools import node

TABLE = ComparisonTable(
    models=["a", 'b, "quoted"'],
    rows=[
        Row(key="kind", name="Kind", texts=["vae", "ae"]),
        Row(
            key="mse",
            name="Reconstruction error",
            texts=["0.12346", "\N{EN DASH}"],
            values=[0.1234567890123, None],
            best=[0],
        ),
        Row(
            key="elbo_nats",
            name="ELBO",
            texts=["\N{MINUS SIGN}5.50 nats", "\N{MINUS SIGN}6.00 ± 0.10 nats"],
            values=[-5.5, -6.0],
            remark="Not comparable, no.",
        ),
    ],
)
WICKED = "a|b*c_d`e`[f](g)<h> $i$ #j & k%l~m^n{o}p\\q\nr"


def lines(table: ComparisonTable) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv.write(table).decode())))


def test_a_table_of_scores_reads_back_as_it_was():
    assert lines(TABLE) == [
        ["", "a", 'b, "quoted"', "remark"],
        ["kind", "vae", "ae", ""],
        ["mse", "0.1234567890123", "", ""],
        ["elbo_nats", "-5.5", "-6.0", "Not comparable, no."],
    ]


def test_names_cannot_become_formulas():
    rows = [Row(key="data", name="Data", texts=["-x", "+y"])]
    found = lines(ComparisonTable(models=["=1+1", "@home"], rows=rows))
    assert found[0][1:3] == ["'=1+1", "'@home"]
    assert found[1][1:3] == ["'-x", "'+y"]
    wide = lines(ComparisonTable(models=["\n=1+1", "\uff1d1+1"], rows=rows))
    assert wide[0][1:3] == ["'\n=1+1", "'\uff1d1+1"]


def test_markdown_has_the_best_values_in_bold_and_remarks_as_footnotes():
    assert as_markdown.write(TABLE).decode() == (
        '|  | a | b, "quoted" |\n'
        "| --- | ---: | ---: |\n"
        "| Kind | vae | ae |\n"
        "| Reconstruction error | **0.12346** | \N{EN DASH} |\n"
        "| ELBO[^1] | \N{MINUS SIGN}5.50 nats | \N{MINUS SIGN}6.00 ± 0.10 nats |\n"
        "\n"
        "[^1]: Not comparable, no.\n"
    )


def test_latex_has_the_rules_of_booktabs_and_remarks_as_notes():
    assert as_latex.write(TABLE).decode().splitlines() == [
        r"% \usepackage{booktabs}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r' & a & b, "quoted" \\',
        r"\midrule",
        r"Kind & vae & ae \\",
        r"\midrule",
        r"Reconstruction error & \textbf{0.12346} & -- \\",
        r"ELBO\textsuperscript{1} & $-$5.50 nats & $-$6.00 $\pm$ 0.10 nats \\",
        r"\bottomrule",
        r"\multicolumn{3}{p{\linewidth}}{\footnotesize\textsuperscript{1} Not comparable, no.} \\",
        r"\end{tabular}",
    ]


def test_a_name_changes_neither_the_columns_of_markdown_nor_its_meaning():
    rows = [Row(key="data", name="Data", texts=[WICKED])]
    head, _, row, *rest = (
        as_markdown.write(ComparisonTable(models=[WICKED], rows=rows)).decode().splitlines()
    )
    assert rest == []
    for line in (head, row):
        bare = line.replace(r"\\", "")
        for sign in "*_`[<$#":
            assert f"\\{sign}" in bare
            assert bare.count(sign) == bare.count(f"\\{sign}")
        assert bare.count("|") - bare.count(r"\|") == 3


def test_a_name_cannot_act_upon_latex():
    rows = [Row(key="data", name="Data", texts=[WICKED])]
    *_, row, _, _ = as_latex.write(ComparisonTable(models=["a"], rows=rows)).decode().splitlines()
    assert row.removesuffix(r" \\").removeprefix("Data & ") == (
        r"a\textbar{}b*c\_d`e`[f](g)\textless{}h\textgreater{} \$i\$ \#j \& k\%l"
        r"\textasciitilde{}m\textasciicircum{}n\{o\}p\textbackslash{}q r"
    )


@pytest.mark.parametrize("write", [as_csv.write, as_markdown.write, as_latex.write])
def test_models_without_a_score_still_make_a_table(write):
    assert b"only" in write(ComparisonTable(models=["only", "other"], rows=TABLE.rows[:1]))


def test_draws_of_a_seed_repeat_begin_alike_in_all_sizes_and_follow_the_prior():
    script = """
        import { drawOf } from "./explorer/live/latent/draws.js";
        const many = (d) => Array.from({ length: 500 }, (_, i) => [...drawOf(3, i, d)]);
        console.log(JSON.stringify({ two: many(2), again: many(2), eight: many(8),
          other: [...drawOf(4, 0, 2)] }));
    """
    command = [node(), "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = {name: np.array(values) for name, values in json.loads(done.stdout).items()}
    np.testing.assert_array_equal(said["two"], said["again"])
    np.testing.assert_array_equal(said["two"], said["eight"][:, :2])
    assert not np.allclose(said["two"][0], said["other"])
    assert abs(said["eight"].mean()) < 0.05
    assert abs(said["eight"].std() - 1) < 0.05
    assert abs(np.corrcoef(said["eight"].T)[0, 1]) < 0.15
