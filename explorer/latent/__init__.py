"""Moving between images and latent codes, and measuring sets of codes."""
