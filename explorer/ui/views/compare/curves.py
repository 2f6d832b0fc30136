"""Learning curves of the models on the Compare page, where their runs were kept."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import streamlit as st

from explorer import jobs
from explorer.data.imageset import evenly_spread
from explorer.errors import ExplorerError
from explorer.figures import Line, line_chart
from explorer.ui import state
from explorer.ui.opened import OpenedModel
from explorer.ui.words import plain
from explorer.words import say

_MEASURES = ("elbo", "log_likelihood")
_ALONG = ("epoch", "elapsed_s")
_MOST_POINTS = 40
_CHART = {"displayModeBar": False, "responsive": True}

Reports = list[dict[str, object]]


def curves(opened_models: Sequence[OpenedModel]) -> None:
    """Render the curves that were kept, and name the models that have none."""
    st.markdown(f"## {say('compare.curves')}")
    kept = _kept(opened_models)
    bundles = [opened.bundle for opened in opened_models if opened.bundle.name not in kept]
    without = [plain(bundle.title or bundle.name) for bundle in bundles]
    if without:
        st.caption(say("compare.no_curves", names=", ".join(without)))
    if kept:
        _render(kept)


@st.fragment
def _render(kept: Mapping[str, Reports]) -> None:
    st.caption(say("compare.curves_says"))
    left, right = st.columns(2)
    measure = left.segmented_control(
        say("compare.measure"),
        _MEASURES,
        default=_MEASURES[0],
        required=True,
        format_func=lambda name: say(f"compare.column_{name}"),
    )
    along = right.segmented_control(
        say("compare.along"),
        _ALONG,
        default=_ALONG[0],
        required=True,
        format_func=lambda name: say(f"compare.column_{name}"),
    )
    lines = [_line(name, reports, measure, along) for name, reports in kept.items()]
    figure = line_chart(
        [line for line in lines if line.x],
        x_title=say(f"compare.axis_{along}"),
        y_title=say(f"compare.axis_{measure}"),
        theme=state.theme(),
    )
    st.plotly_chart(figure, width="stretch", config=_CHART, theme=None)


def _kept(opened_models: Sequence[OpenedModel]) -> dict[str, Reports]:
    """Return the checks on held-out images that runs kept, by the name of the model they made."""
    wanted = {_real(e.bundle.folder): e.bundle for e in opened_models if e.bundle.folder}
    found: dict[str, Reports] = {}
    for run in jobs.runs():  # the youngest first
        try:
            record = run.record()
        except ExplorerError:
            continue  # a damaged run; the Train page says so
        bundle = wanted.get(_real(record.out.with_name(run.said().out or record.out.name)))
        if bundle is None or bundle.origin != record.origin or bundle.name in found:
            continue
        checks = [report for report in run.reports() if report.get("validation")]
        if checks and run.status().state == "finished":
            found[bundle.name] = checks
    return {e.bundle.name: found[e.bundle.name] for e in opened_models if e.bundle.name in found}


def _line(name: str, reports: Reports, measure: str, along: str) -> Line:
    """Return one curve, thinned, without values that are not finite."""
    points = []
    for report in reports:
        value = cast(Mapping[str, object], report["validation"]).get(measure)
        at = report.get(along)
        if (
            isinstance(value, (int, float))
            and isinstance(at, (int, float))
            and math.isfinite(value)
        ):
            points.append((float(at), float(value)))
    some = [points[i] for i in evenly_spread(np.arange(len(points)), _MOST_POINTS)]
    return Line(name=name, x=[x for x, _ in some], y=[y for _, y in some])


def _real(folder: Path) -> Path:
    return folder.resolve()
