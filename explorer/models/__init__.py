"""Networks and loss terms. `layers` describes networks without torch; the rest builds them."""
