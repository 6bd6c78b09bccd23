from typing import Any

import pytest

from mdlc_constructs.settings.xgboost_hyperparameters import ALIASES, TABLE, rendered


def test_values_become_text() -> None:
    assert rendered({"eta": 0.1, "max_depth": 6, "save_model_on_termination": True}) == {
        "eta": "0.1",
        "max_depth": "6",
        "save_model_on_termination": "true",
    }


def test_other_names_become_the_images_own() -> None:
    assert rendered({"reg_lambda": 2, "learning_rate": 0.3}) == {"lambda": "2", "eta": "0.3"}
    assert set(ALIASES.values()) <= set(TABLE)


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"max_dept": 6}, "did you mean 'max_depth'"),
        ({"objective": "binary:logistics"}, "did you mean 'binary:logistic'"),
        ({"eta": 1.5}, "from 0 to 1"),
        ({"subsample": 0}, "above 0 to 1"),
        ({"max_depth": 2.5}, "whole number from 0"),
        ({"num_round": 0}, "whole number from 1"),
        ({"num_round": "many"}, "whole number"),
        ({"num_round": True}, "whole number"),
        ({"num_round": -1.88815458970875e289}, "plain number"),
        ({"eta": 0.1, "learning_rate": 0.2}, "another name of 'eta'"),
        ({"objective": "multi:softmax"}, "num_class"),
    ],
)
def test_what_the_image_would_refuse_after_minutes_is_refused_at_once(
    given: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(ValueError, match="=") as error:
        rendered(given)
    assert remedy in str(error.value)
