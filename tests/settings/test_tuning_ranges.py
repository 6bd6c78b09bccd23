import math
from collections.abc import Callable
from typing import Any

import pytest

from mdlc_constructs import Categorical, Continuous, Integer
from mdlc_constructs.settings.tuning_ranges import TuningRange, to_request


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Continuous(1.0, 0.5), "low=1.0: is not below high=0.5: give the smaller number first."),
        (lambda: Continuous(1.0, 1.0), "leave out a hyperparameter that has one value"),
        (lambda: Continuous(0, math.inf), "high=inf: give a finite number"),
        (lambda: Continuous(0, True), "high=True"),
        (lambda: Continuous(0, 1, "Logarithmic"), "scaling='Logarithmic': needs numbers above 0"),
        (lambda: Continuous(0.5, 1, "ReverseLogarithmic"), "from 0 to below 1, not 0.5 to 1"),
        (lambda: Continuous(0.5, 1, "Logaritmic"), "did you mean"),  # type: ignore[arg-type]
        (lambda: Integer(8, 2), "low=8: is not below high=2"),
        (lambda: Integer(1, 2.5), "high=2.5: give a whole number, or a Continuous range"),  # type: ignore[arg-type]
        (lambda: Integer(1, 3, "ReverseLogarithmic"), "no such scaling of this range"),
        (lambda: Integer(0, 3, "Logarithmic"), "needs numbers above 0"),
        (lambda: Categorical(()), "has 0: give 1 to 30"),
        (lambda: Categorical(tuple(range(31))), "has 31: give 1 to 30"),
        (lambda: Categorical((1, "1")), "occurs twice"),
        (lambda: Categorical(("x" * 257,)), "more than 256 characters"),
        (lambda: Categorical("abc"), "give a list of values"),
        (lambda: Categorical([None]), "values=None: give texts, finite numbers"),  # type: ignore[list-item]
        (lambda: Categorical([0.1, math.nan]), "values=nan: give texts, finite numbers"),
    ],
)
def test_a_range_that_cannot_be_searched_is_refused(made: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match="=") as error:
        made()
    assert message in str(error.value)


def test_ranges_are_texts_of_the_api() -> None:
    ranges: dict[str, TuningRange] = {
        "eta": Continuous(0.1, 1),
        "max_depth": Integer(2, 8, "Linear"),
        "booster": Categorical(["a", True]),
    }
    assert to_request(ranges) == {
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": "0.1", "MaxValue": "1.0", "ScalingType": "Auto"}
        ],
        "IntegerParameterRanges": [
            {"Name": "max_depth", "MinValue": "2", "MaxValue": "8", "ScalingType": "Linear"}
        ],
        "CategoricalParameterRanges": [{"Name": "booster", "Values": ["a", "true"]}],
    }
