"""The quality report as one page of HTML, self-contained and without scripts."""

from jobs.findings import QualityReport
from jobs.pages.rendering import render

MAX_STRENGTHS = 10


def to_html(report: QualityReport) -> str:
    """The HTML page of a report."""
    strengths = list((report.label.get("strengths") or {}).items())[:MAX_STRENGTHS]
    return render("quality.html.j2", report=report, strengths=strengths)
