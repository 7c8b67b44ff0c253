"""
The catalogue as files.

======================= ====================================================================
stars/                  what is measured: parquet, one folder per HEALPix base pixel
stars_truth/            what is true: the answers, for teachers and tests
stars.json              columns with their units, the recipe's numbers, the clusters
======================= ====================================================================
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from . import clusters, galaxy, population, survey
from .catalogue import make_catalogue
from .measurement import SOURCE_LEVEL
from .truth import FIELD

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from .truth import Truth

__all__ = ["ROWS", "SEED", "build_data"]

ROWS = 200_000
SEED = 20201203
"""The day on which Gaia EDR3 came out. Any other would do."""

_BASE_PIXEL_SHIFT = 35 + 2 * SOURCE_LEVEL
"""A source_id without these bits is the HEALPix base pixel."""

_UNITS = {
    "source_id": "number; floor(source_id / 2^35) is the nested HEALPix pixel of level 12",
    "random_index": "number; random order: random_index < n is a fair sample",
    "ra": "deg, ICRS, epoch 2016.0",
    "dec": "deg, ICRS, epoch 2016.0",
    "parallax": "mas",
    "parallax_error": "mas",
    "pmra": "mas/yr, with the cosine of the declination",
    "pmra_error": "mas/yr",
    "pmdec": "mas/yr",
    "pmdec_error": "mas/yr",
    "ruwe": "1 is a good fit of one star; above 1.4 it may be two",
    "phot_g_mean_mag": "mag",
    "phot_bp_mean_mag": "mag",
    "phot_rp_mean_mag": "mag",
    "bp_rp": "mag",
    "radial_velocity": "km/s; null where it is not measured",
    "radial_velocity_error": "km/s",
}


def build_data(target: Path, *, rows: int = ROWS, seed: int = SEED) -> None:
    """
    Write the catalogue into a directory, which is made if it is missing.

    Parameters
    ----------
    rows
        Stars; the clusters and binaries shrink and grow with it.
    """
    made = make_catalogue(rows, seed)
    measured = pa.table({name: _column(values) for name, values in made.columns.items()})
    truth = _truth_table(made.columns["source_id"], made.truth)
    target.mkdir(parents=True, exist_ok=True)
    _write(measured, target / "stars")
    _write(truth, target / "stars_truth")
    (target / "stars.json").write_text(json.dumps(_description(rows, seed), indent=1) + "\n")


def _column(values: npt.NDArray[np.generic]) -> pa.Array:
    """Make NaN what it means: not measured."""
    return pa.array(values, from_pandas=True)


def _truth_table(source_id: npt.NDArray[np.generic], stars: Truth) -> pa.Table:
    kinds = np.array([kind.name for kind in population.KINDS])[stars.kind]
    names = np.array(["", *(cluster.name for cluster in clusters.CLUSTERS)], dtype=object)
    names[FIELD] = None
    return pa.table(
        {
            "source_id": source_id,
            "kind": pa.array(kinds),
            "distance_pc": stars.distance.astype(np.float32),
            "absolute_g": stars.magnitude.astype(np.float32),
            "dust_g": stars.dust.astype(np.float32),
            "cluster": pa.array(names[stars.group], pa.string()),
            "binary": pa.array(stars.pair, mask=stars.pair == 0),
        }
    )


def _write(table: pa.Table, folder: Path) -> None:
    table = table.sort_by("source_id")
    base = table["source_id"].to_numpy() >> _BASE_PIXEL_SHIFT
    for pixel in range(12):
        part = folder / f"base_pixel={pixel}"
        part.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            table.filter(pa.array(base == pixel)),
            part / "stars.parquet",
            compression="zstd",
            compression_level=12,
            use_dictionary=["kind", "cluster"] if "kind" in table.column_names else False,
        )


def _description(rows: int, seed: int) -> dict[str, Any]:
    return {
        "title": "Synthetic stars near the Sun. None of them is real.",
        "rows": rows,
        "seed": seed,
        "columns": _UNITS,
        "reach_pc": galaxy.REACH_PC,
        "completeness": {
            "half_complete_mag": survey.HALF_COMPLETE_MAG,
            "steepness_mag": survey.STEEPNESS_MAG,
            "faintest_mag": survey.FAINTEST_MAG,
            "share": "1 / (1 + exp((G - half_complete_mag) / steepness_mag))",
        },
        "luminosity_function": {
            "unit": "stars per pc^3 and magnitude, of all kinds, near the Sun, at absolute G",
            **{kind.name: kind.density for kind in population.KINDS},
        },
        "clusters": [asdict(cluster) for cluster in clusters.CLUSTERS],
    }
