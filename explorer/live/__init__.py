"""The browser side: a library of plain ES modules, and what serves them."""
