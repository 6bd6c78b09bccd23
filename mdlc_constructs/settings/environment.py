"""What SageMaker takes as environment variables of a training container."""

import re
from collections.abc import Mapping

from mdlc_constructs.settings.numbers import check_mapping
from mdlc_constructs.settings.refusal import refusal

MAX_VARIABLES, MAX_VALUE = 100, 512
"""The most variables, and the most characters of a value.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,511}")


def check_environment(environment: Mapping[str, str]) -> None:
    """Refuse variables that CreateTrainingJob refuses.

    Raises:
        ValueError: naming the variable and the remedy.
    """
    check_mapping("environment", environment, '{"OMP_NUM_THREADS": "1"}')
    if len(environment) > MAX_VARIABLES:
        raise refusal("environment", len(environment), f"give at most {MAX_VARIABLES} variables.")
    for name, value in environment.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise refusal("environment", name, "a variable's name has letters, digits and underscores only.")
        if not isinstance(value, str):
            raise refusal(f"environment[{name!r}]", value, f"give text, for example {str(value)!r}.")
        if len(value) > MAX_VALUE:
            raise refusal(
                f"environment[{name!r}]",
                f"{value[:20]}...",
                f"has {len(value)} characters, and SageMaker takes {MAX_VALUE}; pass it as a hyperparameter, "
                "or put it into the image.",
            )
