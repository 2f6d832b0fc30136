"""Foreign bytes become values or one refusal, whatever a parser makes of them."""

import json

import pytest

from explorer.errors import BundleError, DataError
from explorer.foreign import door, if_readable, parse_json, printable


def refused(why: str) -> DataError:
    return DataError.worded(f"It is damaged: {why}.", "It must be whole.", "Copy it again.")


@pytest.mark.parametrize(
    "error",
    [OverflowError("too large"), KeyError("x"), MemoryError(), RecursionError(), SystemError("?")],
    ids=lambda error: type(error).__name__,
)
def test_whatever_is_raised_at_the_door_becomes_the_one_refusal(error):
    with (
        pytest.raises(DataError, match=r"It is damaged: .+ It must be whole") as found,
        door(refused),
    ):
        raise error
    assert found.value.__cause__ is error


def test_a_refusal_in_words_passes_the_door_as_it_is():
    with pytest.raises(BundleError, match="of its own"), door(refused):
        raise BundleError.worded("It has words of its own.", "Others.", "Leave them.")


def test_nobody_is_stopped_at_the_door():
    with pytest.raises(KeyboardInterrupt), door(refused):
        raise KeyboardInterrupt


def test_what_can_be_done_without_is_left_out_in_silence():
    found = None
    with if_readable():
        found = json.loads("{")
    assert found is None


@pytest.mark.parametrize(
    "text",
    [
        "1" + "0" * 400,
        "-" + "9" * 19,
        "1e308",
        "1e999",
        "NaN",
        "-Infinity",
        '"\\ud800"',
        '{"\\udfff": 1}',
        "[" * 3000,
        "",
        "{'a': 1}",
    ],
    ids=lambda text: text[:12],
)
def test_json_of_numbers_and_texts_that_do_not_fit_is_refused(text):
    with pytest.raises(ValueError) as found:  # noqa: PT011, of which only the kind counts
        parse_json(text)
    assert str(found.value)


def test_json_that_fits_is_read_as_it_is():
    values = {"n": [2**63 - 1, -(2**63), 1e100, -0.5, True, None], "é😀": "\t"}
    assert parse_json(json.dumps(values).encode()) == values


def test_printable_texts_are_one_line_that_can_be_encoded():
    assert printable("a\n b\x1b\udc80c") == "a b\ufffd?c"
