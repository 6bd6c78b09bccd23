import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from jobs.holdout_features import FILE, read_features
from tests.jobs.batches import Batch
from tests.jobs.unlabelled import evaluated, trained

pytestmark = pytest.mark.slow


def cluster(values: list[float]) -> str:
    """Two clusters by the amount, as the built-in k-means writes its answers."""
    far = values[0] > 0
    return json.dumps({"closest_cluster": float(far), "distance_to_cluster": abs(values[0] - 8 * far)})


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return trained(tmp_path_factory.mktemp("cluster"), "cluster")


def test_features_are_those_of_the_records(clustered: Batch) -> None:
    split = clustered.output("split")
    with duckdb.connect() as connection:
        found = read_features(connection, split / "holdout_keys" / FILE)
    assert np.allclose(found, np.loadtxt(split / "holdout" / "holdout.csv", delimiter=","))


def test_records_to_train_on_have_no_label(clustered: Batch) -> None:
    line = clustered.output("split", "train", "train.csv").read_text().splitlines()[0]
    assert len(line.split(",")) == 5


def test_clusters_are_judged_beside_random_ones(clustered: Batch) -> None:
    report = evaluated(clustered, "cluster", cluster, gate={"at_least": {"silhouette": 0.05}})
    own = report["metrics"]["challenger"]
    assert own["silhouette"]["low"] < own["silhouette"]["value"] < own["silhouette"]["high"]
    assert report["passed"]
    assert report["baseline"]["metrics"]["silhouette"] < own["silhouette"]["value"]
    assert 0.3 < own["smallest_cluster_share"]["value"] <= 0.5
    assert report["label_mean"] is None


def test_one_cluster_is_refused(clustered: Batch) -> None:
    report = evaluated(clustered, "cluster", lambda _: "0.0,1.5")
    assert not report["passed"]
    assert "silhouette is not defined" in report["checks"][0]["sentence"]


def test_an_embedding_is_judged_by_the_variance_that_it_explains(tmp_path: Path) -> None:
    batch = trained(tmp_path, "embedding")
    gate = {"at_least": {"explained_variance": 0.3}}
    report = evaluated(batch, "embedding", lambda v: json.dumps({"projection": v[:2]}), gate=gate)
    assert report["passed"]
    assert report["metrics"]["challenger"]["explained_variance"]["value"] == pytest.approx(0.4, abs=0.05)
    assert report["baseline"]["predictor"] == "a random projection of as many numbers"
    report = evaluated(batch, "embedding", lambda _: "[0.0]", gate=gate)
    assert report["metrics"]["challenger"]["explained_variance"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert not report["passed"]
