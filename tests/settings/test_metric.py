import pytest

from mdlc_constructs.settings.metric import METRICS, metric


def test_every_metric_belongs_to_a_task() -> None:
    assert {known.task for known in METRICS.values()} == {"binary", "regression"}
    assert all(name == known.name for name, known in METRICS.items())


def test_a_misspelt_metric_comes_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'log_loss'"):
        metric("at_most", "logloss")
