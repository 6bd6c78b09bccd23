"""Compares the answers of an exported model with those of the model that was trained."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The largest difference between two answers to the same row.

    Attributes:
        value: the difference, divided by the size of the expected answer when that is above 1: the answers
            are 32-bit numbers, which have seven digits.
        row: the row, from 1.
        expected: what the trained model answers to it.
        exported: what the exported model answers to it.
    """

    value: float
    row: int
    expected: float
    exported: float

    def sentence(self, tolerance: float) -> str:
        """Why the exported model is refused."""
        return (
            f"The exported model answers {self.exported:.7g} to row {self.row} of the holdout and the "
            f"trained one {self.expected:.7g}; their difference of {self.value:.3g} is the largest, and "
            f"export allows {tolerance:g}: leave out export, or give it a larger tolerance."
        )


def max_difference(expected: Numbers, exported: Numbers) -> Difference:
    """The largest difference of answers, of shape (rows,) or (rows, numbers); NaN counts as infinite."""
    numbers = expected.reshape(len(expected), -1), exported.reshape(len(exported), -1)
    apart = np.abs(numbers[0] - numbers[1]) / np.maximum(1.0, np.abs(numbers[0]))
    apart = np.where(np.isnan(apart), np.inf, apart)
    row, column = np.unravel_index(int(np.argmax(apart)), apart.shape)
    return Difference(
        value=float(apart[row, column]),
        row=int(row) + 1,
        expected=float(numbers[0][row, column]),
        exported=float(numbers[1][row, column]),
    )
