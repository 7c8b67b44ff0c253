"""The common ground of aglais-hub: what crosses a border between its parts."""

__version__ = "0.1.0.dev0"
