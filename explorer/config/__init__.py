"""What a training run was asked to do.

- `choices.py`: the values of settings that have a few.
- `rules.py`: which settings go together.
- `record.py`: the record of all settings, and what each is.
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
