from html.parser import HTMLParser
from typing import Any

from jobs.findings import ColumnProfile, Finding, QualityReport
from jobs.pages.quality import to_html

HOSTILE = "\"/><script>alert('1')</script>&"


def page(*findings: Finding, name: str = "amount") -> str:
    return to_html(
        QualityReport(
            model="<model>",
            run="r",
            workflow="training",
            data_version="d" * 64,
            rows=1000,
            files={"a&b.csv": 1000},
            findings=findings,
            columns=(
                ColumnProfile(
                    name=name,
                    kind="number",
                    role="feature",
                    missing=25,
                    distinct=7,
                    lowest="-1.0",
                    highest="9.0",
                    mean=3.25,
                ),
            ),
            label={"strengths": {name: 0.61}},
        )
    )


class Text(HTMLParser):
    """Collects what a reader sees, and checks that what is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


def test_a_person_reads_verdict_findings_and_columns() -> None:
    text = Text(page(Finding(rule="leak", message="A leak <was> found.")))
    seen = " ".join(text.seen)
    assert text.open == []
    for expected in ("May not be used", "A leak <was> found.", "<model>", "a&b.csv", "2.5%", "3.25", "0.610"):
        assert expected in seen


def test_a_batch_without_findings_may_be_used() -> None:
    seen = " ".join(Text(page()).seen)
    assert "May be used" in seen
    assert "Nothing was found." in seen


def test_failures_come_before_notes_and_nothing_is_loaded_from_elsewhere() -> None:
    made = page(Finding(rule="a", message="note", fails=False), Finding(rule="b", message="failure"))
    assert made.index(">failure<") < made.index(">note<")
    assert "http" not in made
    assert "<script" not in made


def test_what_comes_with_the_data_is_escaped_everywhere() -> None:
    made = page(Finding(rule="leak", message=HOSTILE), name=HOSTILE)
    text = Text(made)
    assert text.open == []
    assert "<script" not in made
    assert text.seen.count(HOSTILE) == 3  # the finding, the strength, the column


def test_without_rows_no_share_is_missing() -> None:
    nothing: dict[str, Any] = {"files": {}, "findings": (), "columns": (), "label": {}}
    report = QualityReport(model="m", run="r", workflow="batch", data_version="d", rows=0, **nothing)
    assert "0 rows in 0 files for batch inference" in " ".join(to_html(report).split())
