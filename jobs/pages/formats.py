"""Formats numbers, times and names of metrics for people."""

from datetime import datetime

from mdlc_constructs.settings.payloads.tasks import BY_CLASS

METRIC_NAMES = {
    "auc": "AUC",
    "auc_macro": "macro AUC",
    "auc_weighted": "weighted AUC",
    "f1_macro": "macro F1",
    "pr_auc": "PR AUC",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "f1": "F1",
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
    """A metric's name, such as ``AUC`` for ``auc`` or ``recall of setosa`` for ``recall:setosa``."""
    base, of_class, name = metric.partition(BY_CLASS)
    known = METRIC_NAMES.get(base, base.replace("_", " "))
    return f"{known} of {name}" if of_class else known
