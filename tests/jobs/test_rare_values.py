import pytest
from scipy import stats

from jobs.rare_values import rare_change


def test_a_rare_cell_is_judged_by_fishers_exact_test() -> None:
    found = rare_change([(49_950, 4), (50, 196)], (50_000, 200), numbers=False)
    assert found is not None
    assert (found.place, found.cell) == (1, (50, 196))
    exact = stats.fisher_exact([[196, 4], [50, 49_950]], alternative="greater").pvalue
    assert found.p_value == pytest.approx(2 * float(exact), rel=1e-6)
    assert found.effect > 0.9


def test_no_cell_is_rare_where_enough_rows_are_expected_in_each() -> None:
    assert rare_change([(500, 100), (500, 100)], (1_000, 200), numbers=True) is None


def test_rare_cells_that_grew_together_are_seen_together() -> None:
    cells = [(99_000, 100), *[(1, 1)] * 100]
    found = rare_change(cells, (99_100, 200), numbers=False)
    assert found is not None
    assert (found.place, found.cell) == (None, (100, 100))
    assert found.p_value < 1e-9


def test_the_commonest_unlisted_value_is_corrected_for_all_that_it_was_chosen_from() -> None:
    some = rare_change([(9_000, 8)], (10_000, 10), numbers=False, unlisted=(3, 2), among=1)
    many = rare_change([(9_000, 8)], (10_000, 10), numbers=False, unlisted=(3, 2), among=5_000)
    assert some is not None and many is not None
    assert some.p_value < 1e-4 < 0.01 < many.p_value
