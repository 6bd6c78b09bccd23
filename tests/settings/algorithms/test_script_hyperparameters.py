from typing import Any

import pytest

from mdlc_constructs.settings.algorithms.script_hyperparameters import as_json, check_hyperparameters


@pytest.mark.parametrize(
    ("value", "text"), [("1e3", '"1e3"'), ("null", '"null"'), ("huber", "huber"), (True, "true"), (3, "3")]
)
def test_a_text_stays_the_text_that_it_is(value: Any, text: str) -> None:
    assert as_json(value) == text


def test_a_value_that_is_no_argument_is_refused() -> None:
    with pytest.raises(ValueError, match=r"hyperparameters\['layers'\]=\[3, 4\]: give text, a number"):
        check_hyperparameters({"layers": [3, 4]})  # type: ignore[dict-item]
