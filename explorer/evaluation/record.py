"""The result of scoring: numbers by key, and a reason where there is none.

Knows nothing of how they are measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# All measures, in the order in which they are read.
MEASURES = (
    *("mse", "psnr_db", "ssim", "sharpness_x_hat"),
    *("elbo_nats", "elbo_bits_per_dim", "log_likelihood_nats", "kl_nats"),
    *("nll_nats", "nll_stderr", "nll_samples", "nll_n_images"),
    *("active_units", "aggregate_kl_nats", "knn_accuracy"),
    *("prior_share", "density", "coverage", "sharpness", "diversity"),
    *("mig", "dci", "dci_completeness", "dci_informativeness", "factor_r2"),
)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How good a model is on images that it was not trained on.

    Every key of `MEASURES` is in `values` or, for `factor_r2`, has its own field; or else
    `left_out` says why not.

    Attributes:
        values: Measures that are one number, by key:
            `mse`, `psnr_db`, `ssim`: of decode(mu), means over all images, the second of the mse;
            `sharpness_x_hat`: of up to 2,000 decode(mu), over that of the images;
            `n_searched`: only where codes had to be found by search: of how many images, which
            then are those that these four were measured on;
            `elbo_nats`, `log_likelihood_nats`, `kl_nats`: per image, one sample of z each, beta 1;
            `elbo_bits_per_dim`: -ELBO in bits for each value of an image;
            `nll_nats`, `nll_stderr`, `nll_samples`, `nll_n_images`: importance-weighted -log p(x),
            the standard error of its mean, and from how many samples of how many images;
            `active_units`: dimensions whose mu varies by more than 0.01;
            `aggregate_kl_nats`: from the mixture of up to 2,000 posteriors to the prior;
            `knn_accuracy`: share of test images whose class 10 training neighbours find;
            `prior_share`: share of 5,000 prior samples that lie near data;
            `density`, `coverage`: of up to 2,000 samples;
            `sharpness`: of these samples, over that of as many test images;
            `diversity`: mean distance of up to 500 of them over that of test images;
            `mig`, `dci`, `dci_completeness`, `dci_informativeness`: of known factors.
        factor_r2: Share of each known factor's variance that the code explains, by its name.
        kl_per_coordinate_nats: Mean KL of each dimension, d numbers; empty without a posterior.
        activity_per_coordinate: Variance of mu in each dimension, d numbers; empty without an
            encoder.
        n_images: How many test images there were.
        left_out: Key, or `factor_r2: NAME` for one factor, to a plain sentence why there is no
            number.
    """

    values: Mapping[str, float]
    factor_r2: Mapping[str, float]
    kl_per_coordinate_nats: tuple[float, ...]
    activity_per_coordinate: tuple[float, ...]
    n_images: int
    left_out: Mapping[str, str]

    def to_json(self) -> dict[str, object]:
        """Return the scores as plain JSON values; `scores` lacks those that do not apply."""
        factors = {"factor_r2": dict(self.factor_r2)} if self.factor_r2 else {}
        return {
            "n_images": self.n_images,
            "scores": {**self.values, **factors},
            "kl_per_coordinate_nats": list(self.kl_per_coordinate_nats),
            "activity_per_coordinate": list(self.activity_per_coordinate),
            "left_out": dict(self.left_out),
        }
