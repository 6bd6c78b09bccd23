from typing import Any

import pytest

from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.payloads.codec import encode


def test_the_plan_section_is_plain_json() -> None:
    assert encode(GoldenChecks(tolerance=0.1, share=0.9).to_plan()) == {"tolerance": 0.1, "share": 0.9}


@pytest.mark.parametrize("changes", [{"tolerance": 0}, {"share": 0}, {"share": 1.1}, {"tolerance": "0.1"}])
def test_checks_that_could_not_pass_or_fail_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(changes))}="):
        GoldenChecks(**changes)
