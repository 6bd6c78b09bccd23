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


def training_environment(algorithm: Algorithm, dataset: Dataset) -> Mapping[str, str] | None:
    """The environment variables of the containers of training; None for none."""
    return _with_forecast(algorithm.training_environment, dataset)


def serving_environment(algorithm: Algorithm, dataset: Dataset) -> Mapping[str, str] | None:
    """The environment variables of the containers of scoring; None for none."""
    return _with_forecast(algorithm.serving_environment, dataset)


def _with_forecast(own: Mapping[str, str], dataset: Dataset) -> Mapping[str, str] | None:
    forecast = dataset.forecast
    return dict(own) or None if forecast is None else {**own, **forecast.to_environment()}
