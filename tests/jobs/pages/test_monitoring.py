import re
from html.parser import HTMLParser

from jobs.commands.monitor import run
from tests.jobs.monitoring.windows import Row, Window, event, rows, write_statistics

EVIL = "<script>alert(1)</script>\"'&"


class Tags(HTMLParser):
    """Whether a page's tags are closed in order, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(window: Window, **monitor: object) -> str:
    run(window.plan(**monitor), window.folders())
    return (window.folder / "out" / "monitoring" / "report.html").read_text()


def parsed(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    return tags


def shown(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text.split("</head>")[1]).split())


def test_everything_that_can_be_said(served: Window) -> None:
    moved: list[Row] = [{**row, "kind": "new", "count": 11} for row in rows(300, seed=3)]
    served.capture([event(row) for row in moved], "more.jsonl")
    served.label([{**row, "amount": 1.0} for row in moved], "more.csv")
    write_statistics(served.folder / "previous" / "statistics.json", rows(300))
    text = page(served, segments=["kind", "who"], protected=["flag"])
    tags, said = parsed(text), shown(text)
    assert {"svg", "details", "table"} <= tags.seen and not {"script", "img", "link", "iframe"} & tags.seen
    assert not {"src", "href", "onload", "onclick", "style"} & tags.attributes
    assert "url(" not in text and "@import" not in text
    for title in (
        "How good are its answers?",
        "Do inputs and answers look as in training?",
        "Where is it worst?",
        "Does it treat groups alike?",
        "Is it served what is known offline?",
        "Are the inputs sound?",
        "What this is based on",
    ):
        assert title in said
    assert (
        "Inputs changed" in said
        and "1 Mar 2024 to 2 Mar 2024 (UTC) · endpoint · version 7 · 1,100 rows" in said
    )
    assert "new (new)" in said


def test_what_comes_with_the_data_is_escaped(window: Window) -> None:
    made = [{**row, "kind": EVIL if number % 2 else "a"} for number, row in enumerate(rows(400))]
    window.capture(event(row) for row in made)
    window.label(made)
    text = page(window, segments=["kind"], protected=["kind"])
    assert "<script" not in text and "&lt;script&gt;" in text
    parsed(text)


def test_a_window_without_traffic(window: Window) -> None:
    said = shown(page(window))
    assert "No traffic to judge" in said and "How good" not in said


def test_before_labels_come(window: Window) -> None:
    window.capture(event(row) for row in rows(300))
    said = shown(page(window))
    assert "Quiet so far" in said and "estimate" in said and "Off" not in said


def test_a_column_that_vanished_has_no_picture(window: Window) -> None:
    window.capture(event({k: v for k, v in row.items() if k != "count"}) for row in rows(300))
    text = page(window)
    assert "Column &#39;count&#39; is gone." in text
    parsed(text)
