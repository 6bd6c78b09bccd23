import pytest

from mdlc_local.errors import ApiError
from mdlc_local.sagemaker.tuning import ranges


def number(low: str, high: str, scaling: str = "Auto", kind: str = "Continuous") -> dict[str, object]:
    return {
        f"{kind}ParameterRanges": [{"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scaling}]
    }


def test_scales_are_those_of_the_search() -> None:
    (linear,) = ranges.read(number("0.1", "0.9"))
    (wide,) = ranges.read(number("0.001", "0.9"))
    (reverse,) = ranges.read(number("0.9", "0.999", "ReverseLogarithmic"))
    assert (linear.log, wide.log, reverse.log) == (False, True, True)
    assert [reverse.low, reverse.high] == pytest.approx([0.001, 0.1])
    assert reverse.text(0.01) == "0.99" and reverse.value("0.99") == pytest.approx(0.01)
    (whole,) = ranges.read(number("2", "8", kind="Integer"))
    assert (whole.text(3.0), whole.value("3"), whole.value("3.5"), whole.value("9"), whole.size) == (
        *("3", 3, None, None),
        7,
    )


def test_a_grid_is_every_combination() -> None:
    given = {"CategoricalParameterRanges": [{"Name": n, "Values": ["1", "2"]} for n in ("a", "b")]}
    found = ranges.read(given)
    assert ranges.combinations(found) == 4 and len(list(ranges.grid(found))) == 4


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "at least one hyperparameter range"),
        (
            number("1", "0.5"),
            "The MinValue [1] of the hyperparameter [x] must be less than its MaxValue [0.5]",
        ),
        (number("a", "1"), "has a bound that is no float"),
        (number("1.5", "3", kind="Integer"), "has a bound that is no int"),
        (number("0", "1", "Logarithmic"), "needs values greater than 0"),
        (number("0.5", "1", "ReverseLogarithmic"), "within 0<=x<1.0"),
        ({**number("0", "1"), **number("0", "1", kind="Integer")}, "has more than one range"),
    ],
)
def test_a_range_that_sagemaker_refuses(given: dict[str, object], told: str) -> None:
    with pytest.raises(ApiError) as error:
        ranges.read(given)
    assert told in error.value.message
