"""The one code of a page, driven as a hand drives it, in node."""

import json
import subprocess
from typing import Any

import pytest

from tests.tools import node

START = {"z": [0.0, 0.0], "item": 7}
RESTED = ["wait", 200]  # milliseconds, longer than a hand takes to rest


def driven(*script: list[Any], echoes: list[list[Any]] | None = None) -> dict[str, Any]:
    """Return what was heard and where the store was after each step of a script."""
    ran = subprocess.run(
        [node(), "tests/live_code.mjs"],
        input=json.dumps({"start": START, "script": script, "echoes": echoes}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def choose(*z: float, **how: Any) -> list[Any]:
    return ["set", list(z), how]


def test_a_chosen_code_is_shown_and_rests_once():
    ran = driven(choose(1, 0), choose(1, 2), RESTED)
    assert ran["steps"][-1]["home"] == {"z": [1, 2], "item": None}
    assert ran["steps"][-1]["shown"] == [1, 2]
    assert ran["heard"] == ["set", "set", "history", "rest by hand"]


def test_a_hover_shows_a_code_without_choosing_it():
    hovered, left = driven(["preview", [3, 3], {"by": "hover"}], ["endHover"])["steps"]
    assert hovered["shown"] == [3, 3]
    assert hovered["home"] == START
    assert hovered["base"] == [0, 0]
    assert left["shown"] == [0, 0]
    assert left["previewedBy"] is None


def test_a_hand_moves_on_from_what_a_walk_shows():
    (walking, chosen) = driven(["preview", [3, 1], {"by": "walk"}], choose(3, 2))["steps"]
    assert walking["base"] == [3, 1]
    assert chosen["previewedBy"] is None


def test_the_end_of_a_hover_does_not_end_a_walk():
    *_, last = driven(["preview", [3, 1], {"by": "walk"}], ["endHover"])["steps"]
    assert last["shown"] == [3, 1]


def test_undo_goes_back_step_by_step_and_redo_forth_again():
    ran = driven(choose(1, 0), RESTED, choose(2, 0), ["undo"], ["undo"], ["redo"], ["redo"])
    assert [step["shown"][0] for step in ran["steps"][2:]] == [2, 1, 0, 1, 2]
    assert [step["canUndo"] for step in ran["steps"][2:]] == [True, True, False, True, True]
    assert ran["steps"][4]["home"] == START  # with its item


def test_what_was_undone_is_gone_once_another_code_is_chosen():
    ran = driven(choose(1, 0), RESTED, ["undo"], choose(0, 5), RESTED, ["redo"])
    assert ran["steps"][-1]["shown"] == [0, 5]


def test_there_is_nothing_before_the_first_code():
    (step,) = driven(["undo"])["steps"]
    assert step["home"] == START
    assert not step["canUndo"]


def test_a_pick_that_is_taken_back_leaves_no_step():
    ran = driven(choose(1, 0, rests=False), ["keep"], choose(9, 9, by="pick"), ["takeBack", 0])
    assert ran["steps"][-1]["shown"] == [1, 0]
    ran = driven(choose(1, 0, by="pick"), RESTED, ["takeBack", 0], RESTED, ["undo"])
    assert ran["steps"][-1]["home"] == START


def test_the_address_leads_somewhere_without_a_hand_that_rests():
    ran = driven(["arrive", {"z": [4, 4], "item": 2}], RESTED)
    assert ran["heard"] == ["set by address", "history", "rest by address"]
    assert ran["steps"][-1]["home"] == {"z": [4, 4], "item": 2}
    assert ran["steps"][-1]["canUndo"]


def test_codes_shown_have_five_decimals():
    (step,) = driven(choose(1 / 3, 0))["steps"]
    assert step["shown"][0] == pytest.approx(0.33333, abs=1e-7)


def test_only_what_neither_side_has_said_is_news():
    echoes = [
        ["isNews", "first"],  # what Python sent before
        ["tell", "mine"],
        ["isNews", "mine"],  # what comes back
        ["isNews", "here", "here"],
        ["isNews", "elsewhere"],
        ["isNews", "elsewhere"],
    ]
    assert driven(echoes=echoes)["news"] == [False, None, False, False, True, False]
