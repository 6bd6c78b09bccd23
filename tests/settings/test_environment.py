from typing import Any

import pytest

from mdlc_constructs import CustomImage

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"MODE": "x" * 513},
            r"environment\['MODE'\]='x{20}\.\.\.': has 513 characters, and SageMaker takes 512",
        ),
        ({"2MODE": "x"}, "environment='2MODE': a variable's name has letters, digits and underscores only"),
        ({"MODE": 2}, r"environment\['MODE'\]=2: give text, for example '2'"),
        ({f"V{number}": "" for number in range(101)}, "environment=101: give at most 100 variables"),
    ],
)
def test_variables_that_no_training_job_takes_are_refused(environment: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CustomImage(image_uri=IMAGE, environment=environment)


def test_the_longest_value_is_taken() -> None:
    assert CustomImage(image_uri=IMAGE, environment={"_m1": "x" * 512}).environment == {"_m1": "x" * 512}
