"""Networks and loss terms.

`spec`, `layers`, `walk` and `architecture` describe networks as plain data, without torch; the
other modules build and train them.
"""
