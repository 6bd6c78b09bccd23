import numpy
import pytest
from sklearn.datasets import load_digits

from mdlc_local.runtimes.built_in import recordio
from mdlc_local.runtimes.built_in.recordio import Record, Tensor
from tests.local.sagemaker.built_in.teams import Trained, column, csv, refusal, train
from tests.local.sagemaker.lab import Lab

PIXELS, DIGITS = load_digits(return_X_y=True)
TRAIN, TEST = slice(0, 1400), slice(1400, None)
CHOSEN = {"k": 10, "feature_dim": 64, "eval_metrics": '["msd", "ssd"]', "epochs": 2}


@pytest.fixture(scope="module")
def trained(lab: Lab) -> Trained:
    return train(lab, "kmeans", CHOSEN, {"train": csv(PIXELS[TRAIN]), "test": csv(PIXELS[TEST])})


def test_it_finds_clusters(trained: Trained) -> None:
    """Better than one cluster, whose distance is the variance, and than clusters by chance."""
    variance = float(((PIXELS[TEST] - PIXELS[TRAIN].mean(0)) ** 2).sum(1).mean())
    assert trained.metrics["test:msd"] < 0.7 * variance
    assert trained.metrics["test:ssd"] == pytest.approx(
        trained.metrics["test:msd"] * len(PIXELS[TEST]), rel=1e-6
    )
    answers = trained.answers(csv(PIXELS[TEST]))
    clusters = column(answers, "closest_cluster")
    shares = [
        numpy.bincount(DIGITS[TEST][clusters == cluster]).max() for cluster in sorted(set(clusters.tolist()))
    ]
    assert sum(shares) / len(clusters) > 0.7
    distances = column(answers, "distance_to_cluster")
    assert (distances**2).mean() == pytest.approx(trained.metrics["test:msd"], rel=1e-4)


def test_its_log_says_what_it_is(trained: Trained) -> None:
    lines = trained.log()
    assert any(line.startswith("Pulling the local runtime of kmeans: scikit-learn 1.") for line in lines)
    assert any("local stand-in of the built-in algorithm kmeans: scikit-learn 1." in line for line in lines)
    assert "checked and not used by the stand-in: epochs" in lines
    messages = [entry["StatusMessage"] for entry in trained.described["SecondaryStatusTransitions"]]
    assert messages[1].startswith("Pulling the local runtime of kmeans: scikit-learn 1."), messages


def test_it_reads_recordio(lab: Lab) -> None:
    body = recordio.encode(Record(features={"values": Tensor(values=row)}) for row in PIXELS[TRAIN])
    again = train(
        lab, "kmeans", {"k": 3, "feature_dim": 64}, {"train": body}, "application/x-recordio-protobuf"
    )
    assert set(again.metrics) == {"train:msd"}


def test_what_the_image_refuses(lab: Lab) -> None:
    rows = {"train": csv(PIXELS[:50])}
    assert refusal(lab, "kmeans", {"k": 3}, rows) == (
        "ClientError: No value(s) were specified for 'feature_dim' which are required hyperparameter(s) "
        "(caused by ValidationError), exit code: 2"
    )
    assert "Unable to read data channel 'train'" in refusal(
        lab, "kmeans", {"k": 3, "feature_dim": 2}, {"train": "a,b\n1,2\n"}
    )
