import json
from pathlib import Path

import numpy as np
import pytest

from jobs.evaluation.report import number, read_split
from tests.jobs.batches import Batch
from tests.jobs.evaluation.reports import ALGORITHM, CHAMPION, SPLIT, plan_of, report_of


@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_a_report_is_json_and_names_what_it_is_of(filled: Batch, champion: dict[str, object] | None) -> None:
    report = json.loads(json.dumps(report_of(plan_of(filled, champion=champion)), allow_nan=False))
    assert (report["code_version"], report["algorithm"], report["split"]) == ("v1.2", ALGORITHM, SPLIT)
    assert report["champion"] == champion
    assert set(report["metrics"]) == ({"challenger", "champion"} if champion else {"challenger"})
    assert report["metrics"]["challenger"]["auc"].keys() == {"value", "low", "high", "standard_deviation"}
    assert report["importance"]["columns"][0]["column"] == "amount"


def test_what_is_not_known_is_null(filled: Batch) -> None:
    report = report_of(filled.plan(), segments=[], importance=None, split=None)
    assert (report["importance"], report["split"], report["algorithm"]) == (None, None, None)
    assert (report["segments"], report["code_version"]) == ([], "")


def test_the_split_is_that_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({**SPLIT, "files": {}}))
    assert read_split(tmp_path) == read_split(tmp_path / "manifest.json") == SPLIT
    assert read_split(None) is None
    assert read_split(tmp_path / "other") is None


def test_numbers_are_rounded_and_nan_is_none() -> None:
    assert (number(0.12345, 2), number(0.12345), number(np.nan)) == (0.12, 0.12345, None)
