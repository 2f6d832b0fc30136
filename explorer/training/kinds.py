"""Which game each kind of model is trained by."""

from explorer.config import Kind, TrainConfig
from explorer.training.adversarial import AdversarialAutoencoder, Gan, SoftIntro, VaeCritic, VaeGan
from explorer.training.games import Game, Likelihood

_GAMES: dict[Kind, type[Game]] = {
    "gan": Gan,
    "wgan-gp": Gan,
    "vae-gan": VaeGan,
    "vae-critic": VaeCritic,
    "soft-intro-vae": SoftIntro,
    "aae": AdversarialAutoencoder,
}


def game_of(config: TrainConfig, image_shape: tuple[int, int, int], *, n_data: int) -> Game:
    """Return the networks and optimisers of a run, with weights drawn from the config's seed.

    Args:
        config: Every choice of the run.
        image_shape: (c, h, w).
        n_data: How many images are learnt from.

    Raises:
        ShapeError: Images of this shape are not supported.
    """
    return _GAMES.get(config.kind, Likelihood)(config, image_shape, n_data=n_data)
