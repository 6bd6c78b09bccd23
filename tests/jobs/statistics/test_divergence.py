import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from jobs.statistics.divergence import (
    MIN_EXPECTED,
    Cell,
    chi_square,
    cramers_v,
    jensen_shannon,
    kolmogorov_smirnov,
    merged,
    psi,
    psi_of_chance,
    rank_biserial,
    transport,
    transport_bound,
    wasserstein,
    without_rare,
)
from jobs.statistics.significance import chi_square_tail

pytestmark = pytest.mark.slow

CELLS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=12).filter(
    lambda cells: all(sum(side) > 0 for side in zip(*cells, strict=True))
)


def shares(cells: list[Cell]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(cells, dtype=float)
    return table[:, 0] / table[:, 0].sum(), table[:, 1] / table[:, 1].sum()


@given(CELLS)
def test_measures_are_those_of_numpy_and_scipy(cells: list[Cell]) -> None:
    p, q = shares(cells)
    raised = np.array(cells) + 0.5
    a, b = raised[:, 0] / raised[:, 0].sum(), raised[:, 1] / raised[:, 1].sum()
    assert psi(cells) == pytest.approx(float(((b - a) * np.log(b / a)).sum()), abs=1e-9)
    assert jensen_shannon(cells) == pytest.approx(float(np.nan_to_num(jensenshannon(p, q, 2))), abs=1e-6)
    assert kolmogorov_smirnov(cells) == pytest.approx(float(np.abs((p - q).cumsum()).max()), abs=1e-9)
    filled = np.array([cell for cell in cells if sum(cell)])
    expected = float(stats.chi2_contingency(filled.T, correction=False).statistic) if len(filled) > 1 else 0.0
    assert chi_square(cells) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_cramers_v_is_scipys_where_both_samples_are_equally_large() -> None:
    cells: list[Cell] = [(50, 20), (30, 30), (20, 50)]
    expected = float(stats.contingency.association(np.array(cells, dtype=int), method="cramer"))
    assert cramers_v(cells) == pytest.approx(expected)
    assert cramers_v([(first * 40, second) for first, second in cells]) == pytest.approx(expected)


@given(CELLS, st.data())
def test_wasserstein_is_the_area_between_the_cumulated_shares(cells: list[Cell], data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.floats(0, 10), min_size=len(cells), max_size=len(cells)))
    edges = [0.0, *np.cumsum(steps).tolist()]
    p, q = shares(cells)
    levels, fine = np.array([0.0, *np.cumsum(p - q)]), 0.0
    for low, high, width in zip(levels, levels[1:], steps, strict=False):
        fine += float(np.abs(np.linspace(low, high, 2001)[:-1] + (high - low) / 4000).mean()) * width
    assert wasserstein(cells, edges) == pytest.approx(fine, rel=1e-4, abs=1e-4)


def test_a_shift_of_evenly_spread_rows_is_its_wasserstein_distance() -> None:
    assert wasserstein([(1, 0), (1, 1), (0, 1)], [0.0, 1.0, 2.0, 3.0]) == pytest.approx(1.0)


SAMPLES = st.lists(st.one_of(st.integers(-3, 3), st.floats(-1e3, 1e3)), min_size=1, max_size=60)


@given(SAMPLES, SAMPLES, st.lists(st.floats(0.01, 0.99), max_size=9))
def test_transport_is_scipys_distance_to_its_bound(
    before: list[float], after: list[float], inner: list[float]
) -> None:
    levels = [0.0, *sorted(inner), 1.0]
    one, other = (np.quantile(side, levels, method="inverted_cdf").tolist() for side in (before, after))
    exact = float(stats.wasserstein_distance(before, after))
    bound = transport_bound(one, other, levels)
    assert abs(transport(one, other, levels) - exact) <= bound + 1e-9 * (1 + exact)


def test_transport_is_exact_where_every_row_is_told() -> None:
    assert transport([0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 2.0, 2.0], [0.0, 0.5, 0.5, 1.0]) == pytest.approx(1.5)
    assert transport([0.0, 1.0], [1.0, 0.0], [0.0, 1.0]) == pytest.approx(0.5)  # crossing: two triangles


@given(CELLS)
def test_merging_loses_no_row_and_leaves_no_sparse_cell(cells: list[Cell]) -> None:
    dense = merged(cells)
    assert [sum(side) for side in zip(*dense, strict=True)] == [
        sum(side) for side in zip(*cells, strict=True)
    ]
    baseline, window = (sum(side) for side in zip(*cells, strict=True))
    least = min(baseline, window) / (baseline + window)
    assert len(dense) == 1 or all(sum(cell) * least >= MIN_EXPECTED for cell in dense)


def test_rare_categories_are_one_cell_whether_the_baseline_had_them_or_not() -> None:
    assert without_rare([(500, 480), (3, 0), (0, 4), (4, 3), (0, 300)], (2, 3)) == [
        (500, 480),
        (0, 300),
        (9, 10),
    ]


def test_the_index_of_samples_of_one_distribution_is_what_chance_adds() -> None:
    random = np.random.default_rng(1)
    drawn = [
        list(zip(random.multinomial(4000, [0.1] * 10), random.multinomial(900, [0.1] * 10), strict=True))
        for _ in range(400)
    ]
    mean = np.mean([psi(cells) for cells in drawn])
    assert mean == pytest.approx(psi_of_chance(drawn[0]), rel=0.1)


def test_equal_and_empty_samples_are_not_apart() -> None:
    for measure in (psi, jensen_shannon, chi_square, cramers_v, kolmogorov_smirnov):
        assert measure([(3, 3), (4, 4)]) == pytest.approx(0.0, abs=1e-12)
        assert measure([]) == 0.0
    assert chi_square([(3, 0), (4, 0)]) == kolmogorov_smirnov([(3, 0)]) == psi_of_chance([(3, 0)]) == 0.0


def test_where_every_value_is_a_cell_measures_are_those_of_the_values() -> None:
    random = np.random.default_rng(12)
    before, after = random.poisson(6, 20_000), random.poisson(6.4, 7_000)
    highest = int(max(before.max(), after.max())) + 1
    counts = (np.bincount(before, minlength=highest), np.bincount(after, minlength=highest))
    cells: list[Cell] = [(float(first), float(second)) for first, second in zip(*counts, strict=True)]
    exact = pytest.approx
    assert kolmogorov_smirnov(cells) == exact(float(stats.ks_2samp(before, after).statistic), rel=1e-9)
    p, q = shares(cells)
    assert jensen_shannon(cells) == exact(float(jensenshannon(p, q, 2)), rel=1e-9)
    raised = np.array(cells) + 0.5
    a, b = raised[:, 0] / raised[:, 0].sum(), raised[:, 1] / raised[:, 1].sum()
    assert psi(cells) == exact(float(stats.entropy(a, b) + stats.entropy(b, a)), rel=1e-9)
    held = [cell for cell in cells if sum(cell)]
    expected = stats.chi2_contingency(np.array(held).T, correction=False)
    assert chi_square(held) == exact(float(expected.statistic), rel=1e-9)
    assert chi_square_tail(chi_square(held), len(held) - 1) == exact(float(expected.pvalue), rel=1e-9)


def test_the_rank_biserial_correlation_is_that_of_mann_and_whitney() -> None:
    random = np.random.default_rng(12)
    before, after = random.integers(0, 6, 400), random.integers(1, 7, 150)
    cells = [(int((before == value).sum()), int((after == value).sum())) for value in range(7)]
    effect, deviation = rank_biserial(cells)
    found = stats.mannwhitneyu(after, before, use_continuity=False, method="asymptotic")
    assert effect == pytest.approx(2 * float(found.statistic) / (400 * 150) - 1)
    assert math.erfc(abs(effect) / deviation / math.sqrt(2)) == pytest.approx(float(found.pvalue))
    assert rank_biserial([(5, 0)]) == (0.0, 0.0) and rank_biserial([(5, 5)]) == (0.0, 0.0)
