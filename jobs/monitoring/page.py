"""The report of a window as one page of HTML that a person can read on a phone, without scripts."""

import json
from html import escape

from jobs.monitoring.summary import Found, summary


def to_html(found: Found) -> str:
    """The page."""
    return f"<!doctype html><meta charset=utf-8><pre>{escape(json.dumps(summary(found), indent=1))}</pre>"
