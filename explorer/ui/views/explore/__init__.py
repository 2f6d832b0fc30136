"""The Explore page: `page.py` joins its parts."""
