"""The settings of a training run.

- `choices.py`: the values of settings that have a fixed set of them.
- `rules.py`: which settings work together.
- `record.py`: the record of all settings, and the declaration of each.
"""

from explorer.config.choices import (
    Activation,
    Arch,
    Background,
    Binarize,
    Colours,
    Fit,
    Frames,
    Layout,
    Likelihood,
    Norm,
    Objective,
    Optimizer,
    Precision,
    Range,
    Schedule,
    SigmaScope,
)
from explorer.config.record import (
    FITTED,
    SETTINGS,
    SHAPING,
    TrainConfig,
    all_settings,
    choices_of,
    default_of,
    options,
    type_of,
)

__all__ = [
    "FITTED",
    "SETTINGS",
    "SHAPING",
    "Activation",
    "Arch",
    "Background",
    "Binarize",
    "Colours",
    "Fit",
    "Frames",
    "Layout",
    "Likelihood",
    "Norm",
    "Objective",
    "Optimizer",
    "Precision",
    "Range",
    "Schedule",
    "SigmaScope",
    "TrainConfig",
    "all_settings",
    "choices_of",
    "default_of",
    "options",
    "type_of",
]
