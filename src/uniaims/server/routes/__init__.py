"""The routes: one file for each group, each with a ``router``."""
