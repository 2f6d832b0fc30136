"""Charts of a few measured points."""

import pytest

from explorer.errors import ShapeError
from explorer.figures import CLASS_COLORS, Line, line_chart

ONE = Line(name="one", x=[2, 4, 8], y=[1.0, 3.0, 2.0])
OTHER = Line(name="<b>other</b>", x=[2, 8], y=[0.5, 0.7], notes=["2", "8"])


def test_each_point_is_drawn_where_it_was_measured():
    (trace,) = line_chart([ONE], x_title="d", y_title="nats").data
    assert list(zip(trace.x, trace.y, strict=True)) == [(2, 1.0), (4, 3.0), (8, 2.0)]


def test_lines_differ_in_colour_and_shape_and_only_several_have_a_legend():
    alone = line_chart([ONE], x_title="d", y_title="nats")
    both = line_chart([ONE, OTHER], x_title="d", y_title="nats", theme="dark")
    assert not alone.layout.showlegend
    assert both.layout.showlegend
    first, second = both.data
    assert (first.line.color, second.line.color) == CLASS_COLORS["dark"][:2]
    assert first.marker.symbol != second.marker.symbol


def test_words_are_shown_as_they_are():
    figure = line_chart([OTHER], x_title="a<b", y_title="nats")
    assert figure.data[0].name == "&lt;b&gt;other&lt;/b&gt;"
    assert figure.layout.xaxis.title.text == "a&lt;b"


def test_doublings_have_ticks_where_something_was_measured_and_room_around():
    axis = line_chart([ONE, OTHER], x_title="d", y_title="nats", doublings=True).layout.xaxis
    assert axis.type == "log"
    assert list(axis.ticktext) == ["2", "4", "8"]
    low, high = axis.range
    assert 10**low < 2 < 8 < 10**high


def test_the_diagonal_and_the_ring_say_nothing_when_pointed_at():
    figure = line_chart(
        [ONE], x_title="d", y_title="active", diagonal="all in use", ring=(4, 3), theme="light"
    )
    extra = [trace for trace in figure.data if trace.hoverinfo == "skip"]
    assert len(extra) == 2
    assert list(extra[0].x) == list(extra[0].y)
    assert (extra[1].x, extra[1].y) == ((4,), (3,))
    assert figure.layout.annotations[0].text == "all in use"


def test_a_single_point_and_no_point_at_all_can_be_drawn():
    point = Line(name="x", x=[4], y=[1.0])
    for lines in ([], [point], [Line(name="none", x=[], y=[])]):
        line_chart(lines, x_title="d", y_title="nats", doublings=True, diagonal="all")


@pytest.mark.parametrize("bad", [{"y": [1.0]}, {"notes": ["2"]}])
def test_a_line_with_too_few_of_anything_is_refused(bad):
    line = Line(**({"name": "short", "x": [2, 4], "y": [1.0, 2.0]} | bad))
    with pytest.raises(ShapeError, match="as many of each"):
        line_chart([line], x_title="d", y_title="nats")


def test_a_level_is_a_dotted_line_with_its_name():
    figure = line_chart([ONE], x_title="beta", y_title="active", level=(8, "all in use"))
    (line,) = figure.layout.shapes
    assert (line.y0, line.y1, line.line.dash) == (8, 8, "dot")
    assert figure.layout.annotations[0].text == "all in use"


def test_a_place_at_zero_keeps_doublings_off_a_logarithm():
    line = Line(name="x", x=[0, 1, 4], y=[1, 2, 3])
    assert line_chart([line], x_title="beta", y_title="n", doublings=True).layout.xaxis.type is None
