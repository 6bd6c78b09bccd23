import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jobs.statistics.significance import (
    binomial_tail,
    chi_square_tail,
    fisher_greater,
    fisher_two_sided,
    holm,
)


@given(st.floats(1e-3, 700), st.integers(1, 200))
def test_the_tail_of_chi_square_is_scipys(statistic: float, degrees: int) -> None:
    expected = float(stats.chi2.sf(statistic, degrees))
    assert chi_square_tail(statistic, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_nothing_to_test_is_no_surprise() -> None:
    assert chi_square_tail(0.0, 3) == chi_square_tail(5.0, 0) == 1.0
    assert fisher_greater(0, 0, 3, 10) == fisher_greater(3, 10, 0, 0) == fisher_two_sided(0, 0, 0, 0) == 1.0


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_an_excess_has_the_chance_of_fishers_exact_test(hits: int, misses: int, old: int, rest: int) -> None:
    found = fisher_greater(hits, hits + misses, old, old + rest)
    table = [[hits, misses], [old, rest]]
    if hits * (old + rest) > old * (hits + misses) and old + rest:
        expected = float(stats.fisher_exact(table, alternative="greater").pvalue)
        assert found == pytest.approx(expected, rel=1e-8)
    else:
        assert found == 1.0


def test_large_counts_are_neither_slow_nor_lost() -> None:
    assert fisher_greater(500_000, 10**7, 0, 10**7) < 1e-300
    assert fisher_two_sided(500_000, 10**7, 500_900, 10**7) > 0.3


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_change_is_as_likely_seen_from_either_side(hits: int, misses: int, old: int, rest: int) -> None:
    one = fisher_two_sided(hits, hits + misses, old, old + rest)
    other = fisher_two_sided(misses, hits + misses, rest, old + rest)
    assert one == pytest.approx(other)
    assert 0 <= one <= 1


def test_holm_multiplies_by_the_tests_left_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_lies_between_the_chance_and_bonferroni(chances: list[float]) -> None:
    for chance, adjusted in zip(chances, holm(chances), strict=True):
        assert chance <= adjusted <= 1
        assert adjusted <= max(min(1.0, other * len(chances)) for other in chances if other <= chance)


@pytest.mark.parametrize(("hits", "rows", "share"), [(1, 1, 0.1), (3, 20, 0.1), (20, 20, 0.5), (60, 99, 0.4)])
def test_the_binomial_tail_is_scipys(hits: int, rows: int, share: float) -> None:
    assert binomial_tail(hits, rows, share) == pytest.approx(float(stats.binom.sf(hits - 1, rows, share)))
    assert (binomial_tail(0, rows, share), binomial_tail(hits, rows, 0.0)) == (1.0, 0.0)
