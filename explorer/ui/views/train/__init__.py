"""The Train page: `page.py` joins its parts."""
