"""Formats numbers, times and names of metrics for people."""

from datetime import datetime

from mdlc_constructs.settings.payloads.tasks import BY_CLASS

METRIC_NAMES = {
    "auc": "AUC",
    "auc_macro": "AUC, macro",
    "auc_weighted": "AUC, weighted",
    "pr_auc": "PR AUC",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "f1": "F1",
    "f1_macro": "F1, macro",
    "brier": "Brier",
}


def number(value: float | None) -> str:
    """A number with few digits; a dash for None."""
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 3
    return f"{value:,.{digits}f}"


def signed(value: float) -> str:
    """A difference with few digits and its sign; without a sign when it rounds to 0."""
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def fine(value: float) -> str:
    """A small number with four digits; without a sign when it rounds to 0."""
    text = f"{value:.4f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def day(text: str | None) -> str:
    """An ISO time as day and time, without the time at midnight; a dash for None."""
    if not text:
        return "–"
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    clock = f" {moment:%H:%M}" if moment.hour or moment.minute else ""
    return f"{moment.day} {moment:%b %Y}{clock}"


def metric_name(metric: str) -> str:
    """A metric's name, such as ``AUC`` for ``auc`` and ``recall of a`` for ``recall:a``."""
    base, _, of_class = metric.partition(BY_CLASS)
    name = METRIC_NAMES.get(base, base.replace("_", " "))
    return f"{name} of {of_class}" if of_class else name
