"""Finds codes of images for a decoder without an encoder, by search.

Knows nothing of bundles.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from explorer.models.losses import sample_prior

N_STEPS = 200
_RATE = 0.1
_N_STARTS = 512  # prior samples, of which each image starts at the nearest
_PRIOR_WEIGHT = 1e-3  # in mean squared error per pixel, for one unit of |z|²/(2d)
_SAY_EVERY = 10  # steps


def find_codes(
    decode: Callable[[Tensor], Tensor],
    x: Tensor,
    *,
    latent_dim: int,
    generator: torch.Generator,
    report: Callable[[float], None] | None = None,
) -> Tensor:
    """Search for the codes whose pictures come closest to given images.

    The search for each image starts at the one of 512 prior samples whose picture is nearest. It
    descends in mean squared error, with a small penalty on distance from the prior's mean, and may
    end in a local minimum.

    Args:
        decode: Codes (n, d) to pictures (n, c, h, w) in [0, 1].
        x: Images, shape (n, c, h, w), in [0, 1].
        latent_dim: d.
        generator: Source of the prior samples.
        report: Called with the share of the steps done.

    Returns:
        Codes, shape (n, d).

    Source:
        Creswell and Bharath, "Inverting the Generator of a Generative Adversarial Network", 2018.
        https://arxiv.org/abs/1611.05644
    """
    z = _nearest_samples(decode, x, latent_dim, generator).requires_grad_()
    optimizer = torch.optim.Adam([z], _RATE)
    for step in range(N_STEPS):
        error = (decode(z) - x).square().flatten(1).mean(1)
        loss = (error + _PRIOR_WEIGHT * 0.5 * z.square().mean(1)).sum()
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss, inputs=[z])
        optimizer.param_groups[0]["lr"] = _RATE * (1 - step / N_STEPS)
        optimizer.step()
        if report and step % _SAY_EVERY == 0:
            report(step / N_STEPS)
    return z.detach()


@torch.no_grad()
def _nearest_samples(
    decode: Callable[[Tensor], Tensor], x: Tensor, latent_dim: int, generator: torch.Generator
) -> Tensor:
    z = sample_prior(_N_STARTS, latent_dim, generator)
    pictures = torch.cat([decode(part).flatten(1) for part in torch.split(z, 128)])
    return z[torch.cdist(x.flatten(1), pictures).argmin(1)]
