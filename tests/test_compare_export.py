import csv
import io
import json
import subprocess

import numpy as np

from explorer.export import comparison_csv
from tests.tools import node


def lines(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_table_of_scores_reads_back_as_it_was():
    text = comparison_csv(
        ["a", 'b, "quoted"'],
        [("kind", ["vae", "ae"])],
        [("mse", [0.1234567890123, None], ""), ("elbo_nats", [-5.5, -6.0], "Not comparable, no.")],
    )
    assert lines(text) == [
        ["", "a", 'b, "quoted"', "remark"],
        ["kind", "vae", "ae", ""],
        ["mse", "0.1234567890123", "", ""],
        ["elbo_nats", "-5.5", "-6.0", "Not comparable, no."],
    ]


def test_names_cannot_become_formulas():
    text = comparison_csv(["=1+1", "@home"], [("data", ["-x", "+y"])], [])
    assert lines(text)[0][1:3] == ["'=1+1", "'@home"]
    assert lines(text)[1][1:3] == ["'-x", "'+y"]


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
