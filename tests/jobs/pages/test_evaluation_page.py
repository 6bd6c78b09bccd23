import re
from html.parser import HTMLParser
from typing import Any

import pytest

from jobs.pages.evaluation_page import MAX_COLUMNS, MAX_SEGMENTS, to_html
from tests.jobs.batches import Batch
from tests.jobs.evaluation.reports import CHAMPION, HOSTILE, plan_of, report_of

VOID = {"meta", "img"}


class Page(HTMLParser):
    """What a reader sees, the tags, and that what is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    @property
    def text(self) -> str:
        """All text in one line."""
        return re.sub(r"\s+", " ", " ".join(self.seen))


def page_of(report: dict[str, Any], picture: bytes | None = b"\x89PNG") -> Page:
    return Page(to_html(report, picture))


@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_the_verdict_is_first_and_everything_it_is_based_on_follows(
    filled: Batch, champion: dict[str, Any] | None
) -> None:
    page = page_of(report_of(plan_of(filled, champion=champion)))
    text = page.text
    places = [
        text.index(words)
        for words in (
            "Passed the gate",
            "AUC is 0.",
            "auc 0.8000 passes: asked was at least 0.6.",
            "How good are its answers?",
            "Which columns does it need?",
            "Where is it worst?",
            "Are its scores probabilities?",
            "What this is based on",
            "from the first row to before 1 Feb 2024",
            "from 1 Mar 2024 to the last row",
            "Hyperparameters",
        )
    ]
    assert places == sorted(places)
    for words in ("v1.2", "num_round", "sagemaker-xgboost:3.0-5", "0.1234", "0.1000", "75.0%", "1,000"):
        assert words in text
    assert "-0.0000" not in text and "−0.0000" not in text
    assert ("; the champion's is 0." in text) is (champion is not None)
    assert (", without a champion" in text) is (champion is None)
    (image,) = [attributes for tag, attributes in page.tags if tag == "img"]
    assert str(image["src"]).startswith("data:image/png;base64,")


def test_a_refusal_and_a_gate_without_conditions_are_told(filled: Batch) -> None:
    plan = plan_of(filled)
    report = report_of(plan, checks=False, notes=["The gate has no conditions."])
    assert "No gate is set" in page_of(report).text
    refused = report_of(plan)
    refused["passed"] = refused["checks"][0]["passed"] = False
    assert "Refused by the gate" in page_of(refused).text


def test_a_page_loads_nothing_and_runs_nothing_whatever_names_say(filled: Batch) -> None:
    plan = plan_of(
        filled,
        model=HOSTILE,
        code_version=HOSTILE,
        algorithm={"name": HOSTILE, "image": HOSTILE, "hyperparameters": {HOSTILE: HOSTILE}},
    )
    report = report_of(plan, name=HOSTILE, notes=[HOSTILE], unmeasured=[HOSTILE])
    page = page_of(report)
    assert HOSTILE in page.text
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "form"} == set()
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert all(str(attributes.get(name, "data:")).startswith("data:") for name in ("src", "href"))


def test_a_regression_has_no_calibration(batch: Batch) -> None:
    columns = {**batch.document()["dataset"]["columns"], "y": "number"}
    plan = plan_of(batch, dataset={"task": "regression", "columns": columns})
    text = page_of(report_of(plan)).text
    assert "RMSE is" in text and "loss of RMSE" in text
    assert "probabilities?" not in text


def test_what_is_missing_is_left_out(filled: Batch) -> None:
    report = report_of(
        filled.plan(),
        segments=[],
        calibration=None,
        importance=None,
        split=None,
        unmeasured=["No permutation importance: why."],
    )
    page = page_of(report, picture=None)
    assert "Not measured" in page.text and "No permutation importance: why." in page.text
    for words in ("Which columns", "Where is it worst", "Hyperparameters", "Split"):
        assert words not in page.text
    assert not [tag for tag, _ in page.tags if tag == "img"]


def test_long_tables_are_cut_and_say_so(filled: Batch) -> None:
    report = report_of(plan_of(filled))
    report["segments"] *= MAX_SEGMENTS + 3
    report["importance"]["columns"] = [*report["importance"]["columns"]] * MAX_COLUMNS
    text = page_of(report).text
    assert "And 3 segments" in text
    assert f"And {2 * MAX_COLUMNS} columns" in text


def test_a_metric_that_is_not_defined_is_a_dash(filled: Batch) -> None:
    report = report_of(plan_of(filled))
    report["metrics"]["challenger"]["auc"] = dict.fromkeys(("value", "low", "high", "standard_deviation"))
    text = page_of(report).text
    assert "AUC is not defined on the 400 rows of the holdout." in text


def test_classes_have_a_table_and_a_baseline_stands_beside(batch: Batch) -> None:
    columns = {**batch.document()["dataset"]["columns"], "y": "category"}
    classes = ["a", "b", HOSTILE]
    plan = plan_of(batch, dataset={"task": "multiclass", "classes": classes, "columns": columns})
    report = report_of(plan)
    text = page_of(report).text
    assert "macro AUC is 0." in text and "Baseline: the shares of the classes for every row." in text
    assert HOSTILE in text and "recall of" not in text
    assert sum(sum(row.values()) for row in report["confusion_matrix"].values()) == report["rows"]
    many = [f"class {number}" for number in range(30)]
    plan = plan_of(batch, dataset={"task": "multiclass", "classes": many, "columns": columns})
    assert "And 5 classes with a higher recall" in page_of(report_of(plan)).text
