from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.approval import Approval


def test_the_gate_or_a_person_approves() -> None:
    assert Approval.automatic().is_automatic
    assert not Approval.manual().is_automatic


def test_there_is_no_third_way() -> None:
    with pytest.raises(ValueError, match="did you mean 'manual'"):
        Approval(mode="manually")


DAY = timedelta(days=1)


def test_waiting_for_a_person_may_be_reminded_of_and_end() -> None:
    assert not Approval.manual().is_timed and not Approval.automatic().is_timed
    assert Approval.manual(remind_after=DAY).is_timed
    both = Approval.manual(remind_after=DAY, expires_after=14 * DAY)
    assert both.is_timed and both.expires_after == timedelta(days=14)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"remind_after": timedelta(0)}, "remind_after="),
        ({"expires_after": timedelta(days=301)}, "expires_after=.*give whole seconds from"),
        ({"remind_after": 3}, "remind_after=3: give a timedelta"),
        ({"remind_after": DAY, "expires_after": DAY}, "the reminder comes after 1 day"),
        ({"remind_after": 2 * DAY, "expires_after": DAY}, "the reminder comes after 2 days"),
    ],
)
def test_times_that_make_no_sense_are_refused(times: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Approval.manual(**times)


def test_the_gate_waits_for_nobody() -> None:
    with pytest.raises(ValueError, match="the gate approves at once"):
        Approval(mode="automatic", expires_after=DAY)
