"""The browser side: decoder packs, the JavaScript that runs them, and the stage."""
