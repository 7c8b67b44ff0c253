"""The synthetic stars: the same each time, and as they are said to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from star_catalogue import Catalogue, build_data, make_catalogue, sky
from star_catalogue.clusters import CLUSTERS

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 20_000


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return make_catalogue(ROWS, seed=1)


def test_same_seed_gives_the_same_stars(catalogue: Catalogue) -> None:
    again = make_catalogue(ROWS, seed=1)
    for name, values in catalogue.columns.items():
        np.testing.assert_array_equal(values, again.columns[name])
    other = make_catalogue(ROWS, seed=2)
    assert not np.array_equal(catalogue.columns["ra"], other.columns["ra"])


@pytest.mark.parametrize("rows", [1000, 7777, ROWS])
def test_catalogue_has_as_many_rows_as_asked(rows: int) -> None:
    made = make_catalogue(rows, seed=3)
    assert {len(values) for values in made.columns.values()} == {rows}
    assert len(np.unique(made.columns["source_id"])) == rows


def test_parallaxes_scatter_by_their_errors(catalogue: Catalogue) -> None:
    off = catalogue.columns["parallax"] - 1000 / catalogue.truth.distance
    pull = off / catalogue.columns["parallax_error"]
    assert abs(pull.mean()) < 0.03
    assert abs(pull.std() - 1) < 0.03


def test_source_id_holds_the_place(catalogue: Catalogue) -> None:
    pixel = catalogue.columns["source_id"].astype(np.int64) >> 35
    ra, dec = (catalogue.columns[name].astype(np.float64) for name in ("ra", "dec"))
    np.testing.assert_array_equal(pixel, sky.healpix_nested(ra, dec, 12))


def test_clusters_are_where_they_are_said_to_be(catalogue: Catalogue) -> None:
    for number, cluster in enumerate(CLUSTERS, start=1):
        mine = catalogue.truth.group == number
        assert mine.sum() == round(ROWS * cluster.share)
        for name in ("ra", "dec", "pmra", "pmdec"):
            median = np.median(catalogue.columns[name][mine].astype(np.float64))
            assert median == pytest.approx(getattr(cluster, name), abs=0.4), name
        assert np.median(catalogue.truth.distance[mine]) == pytest.approx(
            cluster.distance_pc, abs=3
        )


def test_binaries_come_in_twos_and_travel_together(catalogue: Catalogue) -> None:
    truth = catalogue.truth
    numbers, counts = np.unique(truth.pair, return_counts=True)
    assert (counts[numbers > 0] == 2).all()
    assert (numbers > 0).sum() == round(ROWS * 0.02)
    for number in numbers[1:20]:
        one, other = np.flatnonzero(truth.pair == number)
        np.testing.assert_array_equal(truth.velocities[one], truth.velocities[other])
        assert np.linalg.norm(truth.places[one] - truth.places[other]) < 20_000 / 206_265 * 1.001


def test_completeness_falls_with_magnitude(catalogue: Catalogue) -> None:
    counts, _ = np.histogram(catalogue.truth.apparent, [16, 17, 18, 19, 20, 21, 30])
    assert counts[0] < counts[1] < counts[2] > counts[3] > counts[4] > counts[5] == 0


# From the definition: positions on the equator, in the caps and beside the poles. The numbers agree
# with an independent implementation (astropy-healpix), as do half a million others once compared.
@pytest.mark.parametrize(
    ("ra", "dec", "pixel"),
    [
        (184.256, -34.903, 100760581),
        (342.167, 44.124, 56292673),
        (51.897, -44.748, 141061385),
        (341.514, -1.482, 77119127),
        (112.259, -8.05, 88879796),
    ],
)
def test_healpix_pixels_are_the_known_ones(ra: float, dec: float, pixel: int) -> None:
    found = sky.healpix_nested(np.array([ra]), np.array([dec]), 6)[0]
    assert found == pixel >> (2 * 6)


def test_healpix_cells_have_equal_areas() -> None:
    rng = np.random.default_rng(5)
    ra, dec = rng.uniform(0, 360, 480_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 480_000)))
    counts = np.bincount(sky.healpix_nested(ra, dec, 1), minlength=48)
    assert len(counts) == 48
    assert np.abs(counts - 10_000).max() < 500


@pytest.mark.parametrize("dec", [-90.0, 90.0])
def test_the_poles_are_in_a_cell(dec: float) -> None:
    pixel = sky.healpix_nested(np.array([0.0, 100.0, 359.9]), np.full(3, dec), 12)
    assert set(pixel >> 24) <= ({0, 1, 2, 3} if dec > 0 else {8, 9, 10, 11})


def test_galactic_pole_and_centre_are_where_they_are_known_to_be() -> None:
    x, y, z = sky.to_equatorial(np.array([[0.0, 0.0, 1.0]]))[0]  # north galactic pole
    assert np.degrees(np.arctan2(y, x)) % 360 == pytest.approx(192.85948, abs=1e-5)
    assert np.degrees(np.arcsin(z)) == pytest.approx(27.12825, abs=1e-5)


def test_files_hold_what_the_description_says(tmp_path: Path) -> None:
    build_data(tmp_path, rows=2000, seed=4)
    about = json.loads((tmp_path / "stars.json").read_text())
    stars, truth = pq.read_table(tmp_path / "stars"), pq.read_table(tmp_path / "stars_truth")
    assert set(stars.column_names) == set(about["columns"]) | {"base_pixel"}
    assert stars.num_rows == truth.num_rows == about["rows"] == 2000
    assert 0 < stars["radial_velocity"].null_count < 2000
    assert truth["cluster"].null_count == 2000 - sum(
        round(2000 * c["share"]) for c in about["clusters"]
    )
