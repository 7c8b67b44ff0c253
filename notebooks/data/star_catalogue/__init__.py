"""
A synthetic catalogue of stars near the Sun, for the shipped notebooks.

No star in it is real. What it is drawn from is written where it is used: `sky` (coordinates),
`population` (which stars there are, how bright, what colour), `galaxy` (where they are, how they
move), `clusters` (open clusters and wide binaries), `survey` (what a survey would measure of them).
Numbers said to be "after" a paper are rounded from it; numbers said to be "chosen" are ours.
"""

from .catalogue import Catalogue, make_catalogue
from .files import build_data

__all__ = ["Catalogue", "build_data", "make_catalogue"]
