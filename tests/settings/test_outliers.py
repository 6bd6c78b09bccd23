from typing import Any

import pytest

from mdlc_constructs.settings.outliers import Outliers


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "give either robust_z, such as 8, or quantile, such as 0.001."),
        ({"robust_z": 8, "quantile": 0.1}, "give either robust_z"),
        ({"robust_z": 0}, "robust_z=0: give a number of standard deviations above 0"),
        ({"quantile": 0.5}, "quantile=0.5: give a quantile from 0.00025 to below 0.5."),
        ({"quantile": "0.1"}, "quantile='0.1': give a quantile"),
        ({"robust_z": 8, "share": "0.1"}, "share='0.1': give a share"),
        ({"robust_z": 8, "share": None}, "share=None: give a share"),
        ({"quantile": True}, "quantile=True: give a quantile"),
        ({"robust_z": 8, "share": 1}, "share=1: give a share from 0 to below 1."),
        ({"quantile": 0.01}, "share=0.01: the baseline itself has 0.02 of its values beyond"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="=") as refused:
        Outliers(**arguments)
    assert sentence in str(refused.value)


def test_a_rule_is_written_to_the_plan_as_it_is() -> None:
    rule = Outliers(robust_z=6, share=0.02).to_plan()
    assert (rule.robust_z, rule.quantile, rule.share) == (6, None, 0.02)
