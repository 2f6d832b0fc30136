"""The values of settings that have a fixed set of them.

Knows nothing of what they mean.
"""

from typing import Literal

Arch = Literal["mlp", "resmlp", "conv", "resnet"]
Likelihood = Literal["bernoulli", "gaussian", "gaussian-learned"]
SigmaScope = Literal["shared", "pixel"]
Norm = Literal["none", "batch", "group"]
Activation = Literal["relu", "leaky_relu", "silu", "elu", "tanh", "sigmoid"]
Optimizer = Literal["adam", "adamw", "rmsprop", "sgd"]
Schedule = Literal["constant", "cosine"]
Colours = Literal["own", "grey", "rgb"]
Fit = Literal["pad", "crop", "stretch"]
Layout = Literal["auto", "nhw", "nhwc", "nchw", "hwn", "hwcn", "rows"]
Range = Literal["auto", "unit", "centred", "byte", "word", "used"]
Background = Literal["auto", "white", "black"]
Frames = Literal["auto", "first", "all"]
Binarize = Literal["none", "random"]
Precision = Literal["single", "half"]
Objective = Literal["elbo", "prior-likelihood"]
