from typing import Any

import pytest

from mdlc_constructs.settings.evaluation import Evaluation
from mdlc_constructs.settings.payloads.codec import encode


def test_the_plan_section_is_plain_json() -> None:
    assert encode(Evaluation(threshold=0.3).to_plan()) == {"threshold": 0.3, "bootstrap": 200, "seed": 1}


@pytest.mark.parametrize(
    "changes", [{"threshold": 0}, {"threshold": 1.0}, {"bootstrap": 10}, {"bootstrap": 10**6}, {"seed": -1}]
)
def test_what_cannot_be_evaluated_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        Evaluation(**changes)
