"""How good a model is, measured on images it was not trained on: `score`.

Each kind of measure has a module of its own, with functions from arrays to numbers: how well
images are reconstructed (`reconstruction`), how likely they are (`likelihood`), how the latent
space is used (`latent_use`), how good samples are (`samples`), and whether dimensions stand for
known factors (`factors`). `groups` takes them all of one `case`. Knows nothing of files, and of
training only what a bundle says.
"""

from explorer.evaluation.record import MEASURES, Scores
from explorer.evaluation.scores import score

__all__ = ["MEASURES", "Scores", "score"]
