"""Networks and arrays as bytes for the browser: packs, their ops, and buffers of named arrays."""
