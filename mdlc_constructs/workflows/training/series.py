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
    if dataset.forecast is not None and algorithm.content_type != CONTENT_TYPE:
        raise refusal(
            "content_type",
            algorithm.content_type,
            f"a forecast's records are series, one a line; give content_type={CONTENT_TYPE!r}.",
        )
    own: Mapping[str, str] = getattr(algorithm, "environment", {})
    if dataset.forecast is not None and VARIABLE in own:
        raise refusal(
            "environment",
            VARIABLE,
            "the workflow sets this variable from Dataset(forecast=...); leave it out.",
        )


def environment_of(algorithm: Algorithm, dataset: Dataset) -> Mapping[str, str] | None:
    """The environment variables of the containers of training and scoring; None for none."""
    own: Mapping[str, str] | None = getattr(algorithm, "environment", None)
    forecast = dataset.forecast
    return own if forecast is None else {**(own or {}), **forecast.to_environment()}
