from typing import Any

import pytest

from mdlc_constructs.settings.consistency import Consistency
from mdlc_constructs.settings.payloads.codec import encode


def test_the_plan_section_is_plain_json() -> None:
    assert encode(Consistency(tolerance=0.01, golden=False).to_plan()) == {"tolerance": 0.01, "golden": False}


@pytest.mark.parametrize(
    "changes", [{"sample": 0}, {"sample": 5000}, {"tolerance": 0}, {"share": 1}, {"share": True}]
)
def test_a_replay_that_could_say_nothing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(changes))}="):
        Consistency(**changes)
