import pytest

from mdlc_constructs.settings.approval import Approval


def test_the_gate_or_a_person_approves() -> None:
    assert Approval.automatic().is_automatic
    assert not Approval.manual().is_automatic


def test_there_is_no_third_way() -> None:
    with pytest.raises(ValueError, match="did you mean 'manual'"):
        Approval(mode="manually")
