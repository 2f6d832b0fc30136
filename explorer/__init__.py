"""Latent Explorer: explore a latent space, move a slider, see the picture change."""

__version__ = "0.1.0"
