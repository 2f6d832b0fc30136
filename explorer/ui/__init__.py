"""The app: its pages and its server. A page renders; what it shows is computed elsewhere."""
