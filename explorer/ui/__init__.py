"""The pages: they draw, and compute nothing that the glossary names."""
