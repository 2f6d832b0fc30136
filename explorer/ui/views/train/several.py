"""The form of a sweep: which latent sizes and betas to try, under which names."""

import streamlit as st

from explorer import jobs, sweeping
from explorer.config import TrainConfig
from explorer.errors import ExplorerError
from explorer.ui import address
from explorer.ui.previews import Look
from explorer.ui.views.train.settings import Settings
from explorer.ui.views.train.words import length
from explorer.ui.words import plain
from explorer.words import say

_BETAS = (0.5, 1.0, 2.0, 4.0, 8.0)
_LONGEST_NAME = 60  # which leaves room for size and beta


def render_several(settings: Settings, look: Look, name: str) -> None:
    """Render the choice of sizes; starting a sweep shows it.

    Args:
        settings: What all models have in common.
        look: The images.
        name: A name for the models to begin with.
    """
    dims = _dims(look)
    betas = _betas(settings.config) if settings.config.has_posterior else []
    name = st.text_input(
        say("sweep.name"),
        value=name[:_LONGEST_NAME],
        help=say("sweep.name_help"),
        max_chars=_LONGEST_NAME,
        key=f"sweep-name-{name}",
    )
    if not dims:
        st.info(say("sweep.choose"), icon=":material/straighten:")
        return
    try:
        configs = sweeping.grid(settings.config, dims, betas)
    except ExplorerError as error:
        st.error(plain(str(error)))
        return
    seconds = sweeping.estimated_s(
        configs, look.image_shape, look.n_images, at_once=jobs.n_at_once()
    )
    question = say(f"sweep.question_{sweeping.varied(configs)}")
    if len(configs) > 1:
        st.caption(say("sweep.answers", count=len(configs), question=question))
    st.markdown(say("train.estimate", time=length(seconds)), help=say("train.estimate_help"))
    one = len(configs) == 1
    if st.button(
        say("train.start") if one else say("sweep.start", count=len(configs)),
        key="start-sweep",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        help=say("sweep.start_help"),
    ):
        _start(configs, name, settings.fitted)


def _dims(look: Look) -> list[int]:
    return st.pills(
        say("sweep.dims"),
        sweeping.sensible_dims(look.image_shape),
        selection_mode="multi",
        default=sweeping.usual_dims(look.image_shape),
        help=say("sweep.dims_help"),
        key=f"dims-{look.image_shape}",
    )


def _betas(config: TrainConfig) -> list[float]:
    return st.pills(
        say("sweep.betas"),
        sorted({*_BETAS, config.beta}),
        selection_mode="multi",
        default=[config.beta],
        format_func=lambda beta: f"{beta:g}",
        help=say("sweep.betas_help"),
        key=f"betas-{config.kind}-{config.beta}",
    )


def _start(configs: list[TrainConfig], name: str, fitted: tuple[str, ...]) -> None:
    sweep = jobs.new_sweep()
    try:
        jobs.begin_sweep(jobs.LocalRuns(sweep), configs, name, fitted=fitted)
    except ExplorerError as error:
        st.error(plain(str(error)))
        return
    address.choose_sweep(sweep)
    st.rerun()
