from mdlc_local.sagemaker.containers.metric_lines import QUALITY, XGBOOST
from mdlc_local.sagemaker.jobs.training_metrics import Metrics


def test_metrics_take_the_last_value_and_only_numbers() -> None:
    metrics = Metrics([{"Name": "m", "Regex": r"m=(\S+)"}], XGBOOST)
    for line in (
        "m=1",
        "m=2 m=3",
        "m=nothing",
        "[0]#011train-auc:0.5#011validation-map@2:-1e-3",
        "train-auc:9",
    ):
        metrics.read(line)
    final = {entry["MetricName"]: entry["Value"] for entry in metrics.final()}
    assert final == {"m": 3.0, "train:auc": 0.5, "validation:map@2": -0.001}


def test_the_metrics_of_other_built_in_algorithms() -> None:
    metrics = Metrics([], QUALITY)
    for line in (
        "#quality_metric: host=algo-1, epoch=3, train multiclass_accuracy <score>=0.5",
        "#quality_metric: host=algo-1, test msd <loss>=1e3",
        "#quality_metric: host=algo-1, epoch=2, validation logistic_objective <loss>=0.3",
        "#quality_metric: host=algo-1, validation logistic_objective <loss>=0.2",
        "#quality_metric: host=algo-1, test logistic_objective <loss>=0.1",
        "#quality_metric: host=algo-1, test binary_f_1.000 <score>=0.9",
        "#quality_metric: host=algo-1, test multiclass_top_k_accuracy_3 <score>=0.8",
        "#quality_metric: host=algo-1, test msd <loss>=nan-and-void",
        "test ssd <loss>=9",
    ):
        metrics.read(line)
    final = {entry["MetricName"]: entry["Value"] for entry in metrics.final()}
    assert final == {
        "train:multiclass_accuracy": 0.5,
        "test:msd": 1000.0,
        "validation:objective_loss": 0.3,
        "validation:objective_loss:final": 0.2,
        "test:objective_loss": 0.1,
        "test:binary_f_beta": 0.9,
        "test:multiclass_top_k_accuracy": 0.8,
    }
