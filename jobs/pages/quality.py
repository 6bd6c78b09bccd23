"""The quality report as one page of HTML that a person can read, self-contained and without scripts."""

from html import escape

from jobs.findings import ColumnProfile, Finding, QualityReport

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem }
h1 { margin: 0; font-size: 1.6rem } h2 { margin: 2rem 0 .5rem; font-size: 1.15rem }
.facts { color: #777; margin: .2rem 0 1rem }
.verdict { display: inline-block; padding: .25rem .8rem; border-radius: .4rem; color: #fff; font-weight: 600 }
.passed { background: #2e7d4f } .failed { background: #b3392b } .note { background: #6b7785 }
ul { list-style: none; padding: 0 } li { margin: .35rem 0 }
.tag { font-size: .78rem; padding: .05rem .5rem; border-radius: .3rem; color: #fff; margin-right: .5rem }
.table { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .88rem }
th { text-align: left; color: #777; font-weight: 500 } td.n, th.n { text-align: right }
td, th { padding: .25rem .6rem; border-bottom: 1px solid #8884; white-space: nowrap }
meter { width: 5rem; vertical-align: middle }
"""


def to_html(report: QualityReport) -> str:
    """The page."""
    verdict = ("passed", "May be used") if report.passed else ("failed", "May not be used")
    what = "for training" if report.workflow == "training" else "for batch inference"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Data quality: {escape(report.model)}</title><style>{_STYLE}</style>"
        f"<h1>Data quality: {escape(report.model)}</h1>"
        f'<p class="facts">{report.rows:,} rows in {len(report.files)} files {what} '
        f"· run {escape(report.run)} · data {escape(report.data_version[:12])}</p>"
        f'<p><span class="verdict {verdict[0]}">{verdict[1]}</span></p>'
        f"<h2>Findings</h2>{_findings(report)}"
        f"{_strengths(report)}"
        f"<h2>Columns</h2>{_columns(report)}"
        f"<h2>Files</h2>{_files(report)}</html>\n"
    )


def _findings(report: QualityReport) -> str:
    if not report.findings:
        return "<p>Nothing was found.</p>"
    first = sorted(report.findings, key=lambda finding: not finding.fails)
    return "<ul>" + "".join(_finding(finding) for finding in first) + "</ul>"


def _finding(finding: Finding) -> str:
    kind, word = ("failed", "fails") if finding.fails else ("note", "note")
    return f'<li><span class="tag {kind}">{word}</span>{escape(finding.message)}</li>'


def _strengths(report: QualityReport) -> str:
    """The features that tell most about the label: the first place to look for a leak."""
    found: dict[str, float] = report.label.get("strengths") or {}
    if not found:
        return ""
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{value:.3f}</td>'
        f'<td><meter min="0" max="1" value="{value:.4f}"></meter></td></tr>'
        for name, value in list(found.items())[:10]
    )
    return (
        "<h2>What single features tell about the label</h2>"
        '<div class="table"><table><tr><th>feature</th><th class="n">strength</th><th>1 is perfect</th></tr>'
        f"{rows}</table></div>"
    )


def _columns(report: QualityReport) -> str:
    head = (
        "<tr><th>column</th><th>type</th><th>role</th>"
        '<th class="n">missing</th><th class="n">values, about</th>'
        '<th class="n">lowest</th><th class="n">highest</th><th class="n">mean</th></tr>'
    )
    body = "".join(_column(column, report.rows) for column in report.columns)
    return f'<div class="table"><table>{head}{body}</table></div>'


def _column(column: ColumnProfile, rows: int) -> str:
    missing = f"{column.missing / rows:.1%}" if rows else "–"
    mean = "" if column.mean is None else f"{column.mean:.4g}"
    numbers = [missing, f"{column.distinct:,}", column.lowest or "", column.highest or "", mean]
    cells = "".join(f'<td class="n">{escape(text)}</td>' for text in numbers)
    texts = "".join(f"<td>{escape(text)}</td>" for text in (column.name, column.kind, column.role))
    return f"<tr>{texts}{cells}</tr>"


def _files(report: QualityReport) -> str:
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{count:,}</td></tr>'
        for name, count in report.files.items()
    )
    return f'<div class="table"><table><tr><th>file</th><th class="n">rows</th></tr>{rows}</table></div>'
