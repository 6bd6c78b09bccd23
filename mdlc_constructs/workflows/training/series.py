"""What the containers of a forecast get besides rows: records of whole series, and what is asked of them."""

from collections.abc import Mapping

from mdlc_constructs.settings import Algorithm, Dataset
from mdlc_constructs.settings.forecast import CONTENT_TYPE, VARIABLE
from mdlc_constructs.settings.refusal import refusal


def check_records(algorithm: Algorithm, dataset: Dataset) -> None:
    """Refuse an algorithm whose records are rows for a forecast, or that sets the forecast's variable itself.

    Raises:
        ValueError: naming the argument and the remedy.
    """
    if dataset.forecast is not None and algorithm.records(dataset.task).scoring_type != CONTENT_TYPE:
        raise refusal(
            "content_type",
            algorithm.records(dataset.task).scoring_type,
            f"a forecast's records are series, one a line; give content_type={CONTENT_TYPE!r}.",
        )
    if dataset.forecast is not None and VARIABLE in algorithm.environment:
        raise refusal(
            "environment",
            VARIABLE,
            "the workflow sets this variable from Dataset(forecast=...); leave it out.",
        )


def environment_of(algorithm: Algorithm, dataset: Dataset) -> Mapping[str, str] | None:
    """The environment variables of the containers of training and scoring; None for none."""
    forecast = dataset.forecast
    own = dict(algorithm.environment)
    return own or None if forecast is None else {**own, **forecast.to_environment()}
