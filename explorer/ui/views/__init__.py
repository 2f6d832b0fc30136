"""One module per page; each draws itself with `render`."""
