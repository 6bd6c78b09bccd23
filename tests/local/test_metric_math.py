import pytest

from mdlc_local.metric_math import Series, evaluate

KNOWN: dict[str, Series] = {"m1": [1.0, None, 3.0], "m2": [2.0, 2.0, 0.0]}


@pytest.mark.parametrize(
    ("expression", "series"),
    [
        ("m1 + m2 * 2", [5.0, None, 3.0]),
        ("m1 / m2", [0.5, None, None]),
        ("100 * -m1", [-100.0, None, -300.0]),
        ("m2 ^ 2", [4.0, 4.0, 0.0]),
        ("FILL(m1, 0) + m2", [3.0, 2.0, 3.0]),
        ("IF(m2 > 1, m2, 7)", [2.0, 2.0, 7.0]),
        ("SUM([m1, m2])", [3.0, 2.0, 3.0]),
        ("AVG([m1, m2])", [1.5, 2.0, 1.5]),
        ("MAX([m1, m2]) - MIN([m1, m2])", [1.0, 0.0, 3.0]),
        ("ABS(0 - m2)", [2.0, 2.0, 0.0]),
        ("m2 >= 2", [1.0, 1.0, 0.0]),
    ],
)
def test_expressions(expression: str, series: list[float | None]) -> None:
    assert evaluate([("e", expression)], dict(KNOWN), 3)["e"] == series


def test_expressions_of_expressions_in_any_order() -> None:
    assert evaluate([("b", "a + 1"), ("a", "m2 * 2")], dict(KNOWN), 3)["b"] == [5.0, 5.0, 1.0]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("m1 +", "is no expression"),
        ("m9 + 1", "'m9' names no metric"),
        ("e + 1", "'e' names no metric"),
        ("SEARCH(m1)", "SEARCH is not evaluated"),
        ("SUM(m1)", r"give a list: SUM\(\[m1, m2\]\)"),
        ("m1 if m2 else 0", "is not evaluated"),
    ],
)
def test_what_is_not_evaluated_says_so(expression: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        evaluate([("e", expression)], dict(KNOWN), 3)
