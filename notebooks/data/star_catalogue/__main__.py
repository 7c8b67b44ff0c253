"""`python -m star_catalogue --out DIRECTORY [--rows N] [--seed N]` writes the catalogue."""

import argparse
from pathlib import Path

from .files import ROWS, SEED, build_data


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(prog="star_catalogue", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory to make or fill")
    parser.add_argument("--rows", type=int, default=ROWS, help="stars (default %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="of the random numbers")
    wanted = parser.parse_args()
    build_data(wanted.out, rows=wanted.rows, seed=wanted.seed)


main()
