import pytest

from mdlc_constructs.settings.metric import METRICS, metric
from mdlc_constructs.settings.payloads.tasks import TASKS, metric_names


def test_every_metric_belongs_to_a_task() -> None:
    assert {task for known in METRICS.values() for task in known.tasks} == set(TASKS)
    assert all(TASKS[name].main_metric in metric_names(name) for name in TASKS)
    assert all(name == known.name for name, known in METRICS.items())


def test_a_misspelt_metric_comes_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'log_loss'"):
        metric("at_most", "logloss")
