"""What a model's scores mean, in sentences: what it does well, and what it does not.

Every sentence follows from a score, none from the kind of model. Knows nothing of how scores are
measured; that is `evaluation`.
"""

from collections.abc import Iterator, Mapping

from explorer.bundle.record import BundleSummary, ModelBundle
from explorer.words import decimal, percent, say

# Structural similarity from which reconstructions are close to their images, and below which they
# only resemble them roughly.
_CLOSE_SSIM, _ROUGH_SSIM = 0.9, 0.65
# Coverage, the share of real images with a sample among their near neighbours.
_COVERED, _HALF_COVERED = 0.8, 0.5
# Share of random codes near codes of images. Not even the images' own codes are all that near.
_FILLED, _BARE = 0.6, 0.25
_CROWDED_DENSITY = 1.5  # real images have 1
_SOFT_SHARPNESS = 0.5  # of the fine detail of real images
_FEW_DIVERSITY = 0.6  # of the distance between two real images
_OWN_SLIDER_MIG = 0.3


def findings(model: BundleSummary | ModelBundle) -> list[str]:
    """Return sentences that follow from the scores, the most important first.

    Returns:
        Empty where nothing was measured.
    """
    return [say(f"card.findings.{key}", **values) for key, values in _found(model)]


_Found = Iterator[tuple[str, dict[str, object]]]


def _found(model: BundleSummary | ModelBundle) -> _Found:
    """Yield the key of each sentence and what goes into its gaps."""
    scores = model.scores
    if "ssim" in scores:
        yield (
            _reconstruction(scores["ssim"]),
            {
                "what": _what_is_reconstructed(scores),
                "ssim": decimal(scores["ssim"], 2),
            },
        )
    yield from _found_of_samples(scores)
    n_active, latent_dim = scores.get("active_units"), model.model.latent_dim
    if n_active is not None and n_active < latent_dim:
        key = "idle" if n_active else "collapsed"
        yield key, {"active": round(n_active), "count": latent_dim}
    if "mig" in scores:
        key = "own_sliders" if scores["mig"] >= _OWN_SLIDER_MIG else "shared_sliders"
        yield key, {"mig": decimal(scores["mig"], 2)}


def _reconstruction(ssim: float) -> str:
    if ssim >= _CLOSE_SSIM:
        return "close"
    return "shapes" if ssim >= _ROUGH_SSIM else "rough"


def _what_is_reconstructed(scores: Mapping[str, float]) -> str:
    return say("card.findings.searched" if "n_searched" in scores else "card.findings.encoded")


def _found_of_samples(scores: Mapping[str, float]) -> _Found:
    coverage, near = scores.get("coverage"), scores.get("prior_share")
    if coverage is not None:
        key = "works" if coverage >= _COVERED else "half_works"
        yield key if coverage >= _HALF_COVERED else "fails", {"coverage": percent(coverage)}
    if near is not None and near < _FILLED:
        yield "bare" if near < _BARE else "gaps", {"near": _percent(near)}
    if scores.get("density", 0) >= _CROWDED_DENSITY:
        yield "crowded", {"density": decimal(scores["density"], 1)}
    if scores.get("diversity", 1) < _FEW_DIVERSITY:
        yield "few", {"diversity": percent(scores["diversity"])}
    if scores.get("sharpness", 1) < _SOFT_SHARPNESS:
        yield "soft", {"sharpness": percent(scores["sharpness"])}


def _percent(share: float) -> str:
    """Return a share in percent, with one more digit where it would round to 0."""
    return percent(share, 0 if share >= 0.005 else 1)
