"""`python -m explorer` is `latent-explorer`."""

from explorer.cli import main

raise SystemExit(main())
