import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import InputError
from jobs.folders import MESSAGE_BYTES, Folders, base, leave, message, scratch, write_json
from mdlc_constructs.settings.payloads.verdict import Verdict


def test_named_folders_win_over_the_common_one(tmp_path: Path) -> None:
    (tmp_path / "in" / "plan").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    folders = Folders(
        input_base=tmp_path / "in", output_base=tmp_path / "out", inputs={"data": tmp_path / "elsewhere"}
    )
    assert folders.input("plan") == tmp_path / "in" / "plan"
    assert folders.input("data") == tmp_path / "elsewhere"
    assert folders.output("report").is_dir()


def test_a_missing_input_comes_with_the_option_that_gives_it(tmp_path: Path) -> None:
    folders = Folders(input_base=tmp_path, output_base=tmp_path)
    assert folders.optional_input("data") is None
    with pytest.raises(InputError, match="--input data="):
        folders.input("data")


def test_sagemaker_may_be_laid_out_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SAGEMAKER_BASE_DIR", raising=False)
    assert base() == Path("/opt/ml")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    assert base() == tmp_path


def test_json_without_numbers_that_json_does_not_know(tmp_path: Path) -> None:
    assert json.loads(write_json(tmp_path / "a" / "b.json", {"x": [1, "é"]}).read_text()) == {"x": [1, "é"]}
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "c.json", float("nan"))


@given(st.lists(st.text(max_size=400), max_size=40), st.integers(0, 10**12))
def test_a_message_always_fits_and_is_json(reasons: list[str], rows: int) -> None:
    verdict = Verdict(passed=False, reasons=tuple(reasons), metrics={"auc": 0.5}, rows=rows)
    text = message(verdict)
    assert len(text.encode()) <= MESSAGE_BYTES
    read = json.loads(text)
    assert (read["passed"], read["rows"]) == (False, rows)
    assert bool(read["reasons"]) == bool(reasons)


def test_reasons_that_were_cut_off_are_counted() -> None:
    read = json.loads(message(Verdict(passed=False, reasons=("a reason of some length " * 5,) * 20)))
    assert read["reasons"][-1] == f"and {21 - len(read['reasons'])} more"


def test_a_message_is_left_where_sagemaker_takes_it_from_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "ml"))
    text = leave(Verdict(passed=False, reasons=("no",)))
    assert not (tmp_path / "ml").exists()
    (tmp_path / "ml").mkdir()
    assert leave(Verdict(passed=False, reasons=("no",))) == text
    assert (tmp_path / "ml" / "output" / "message").read_text() == text


def test_what_is_needed_while_a_job_runs_lies_on_its_own_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    assert scratch() is None
    (tmp_path / "processing").mkdir()
    assert scratch() == scratch() == tmp_path / "processing" / "tmp"
