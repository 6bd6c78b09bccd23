import os

import pytest

from serving.workers import workers

VARIABLE = "SAGEMAKER_MODEL_SERVER_WORKERS"


def test_one_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert 1 <= workers() <= (os.cpu_count() or 1)


def test_as_many_as_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "3")
    assert workers() == 3


@pytest.mark.parametrize("text", ["0", "-1", "many", ""])
def test_what_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ValueError, match=f"{VARIABLE}="):
        workers()
