"""The largest difference between the answers of an exported model and those of the trained one."""

import numpy as np
import pytest

from jobs.export.comparison import max_difference


def test_the_row_and_both_answers_of_the_largest_difference_are_named() -> None:
    difference = max_difference(np.array([0.1, 0.5, 0.9]), np.array([0.1, 0.53, 0.91]))
    assert (difference.row, difference.expected, difference.exported) == (2, 0.5, 0.53)
    assert difference.sentence(1e-5) == (
        "The exported model answers 0.53 to row 2 of the holdout and the trained one 0.5; their "
        "difference of 0.03 is the largest, and export allows 1e-05: leave out export, or give it a larger "
        "tolerance."
    )


def test_answers_above_one_are_compared_by_their_digits() -> None:
    difference = max_difference(np.array([4000.0, 0.5]), np.array([4000.002, 0.5]))
    assert difference.value == pytest.approx(5e-7)


def test_every_number_of_a_row_is_compared() -> None:
    expected = np.array([[0.2, 0.8], [0.5, 0.5]])
    assert max_difference(expected, np.array([[0.2, 0.8], [0.5, 0.75]])).row == 2
    assert max_difference(expected, expected).value == 0


def test_a_missing_answer_is_the_largest_difference() -> None:
    assert max_difference(np.array([1.0, 2.0]), np.array([1.5, np.nan])).row == 2
    assert max_difference(np.array([1.0]), np.array([np.nan])).value == np.inf
