"""The Compare page: `page.py` joins its parts."""
