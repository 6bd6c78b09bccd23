"""What jobs in tests/local/sagemaker/built_in do not try: other hyperparameters, and what is refused."""

import numpy
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

from mdlc_local.runtimes.built_in import kmeans, knn, lda, pca, randomcutforest
from mdlc_local.runtimes.built_in.algorithm import Algorithm
from mdlc_local.runtimes.built_in.container import CustomerError
from tests.local.runtimes.built_in.containers import Container, csv

PIXELS, DIGITS = load_digits(return_X_y=True)
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)
CELLS, BENIGN = load_breast_cancer(return_X_y=True)
UNLABELLED = "text/csv;label_size=0"
NEAR = {"k": 5, "sample_size": 300, "feature_dim": 10, "predictor_type": "regressor"}


@pytest.mark.parametrize("metric", ["L2", "COSINE", "INNER_PRODUCT"])
def test_neighbours_by_every_metric(container: Container, metric: str) -> None:
    """Better than the mean, except by inner products, whose neighbours are far away."""
    channels = {"train": csv(PATIENTS[:300], PROGRESS[:300]), "test": csv(PATIENTS[300:], PROGRESS[300:])}
    metrics = container.train(knn.ALGORITHM, {**NEAR, "index_metric": metric}, channels)
    assert metrics["test mse"] < (0.8 if metric != "INNER_PRODUCT" else 1.3) * PROGRESS[300:].var()
    (answer,) = container.answers(knn.ALGORITHM, PATIENTS[:1], "application/json; verbose=true")
    assert len(answer["distances"]) == len(answer["labels"]) == 5
    assert answer["predicted_label"] == pytest.approx(numpy.mean(answer["labels"]))
    ordered = sorted(answer["distances"], reverse=metric == "INNER_PRODUCT")
    assert answer["distances"] == ordered


def test_neighbours_in_fewer_dimensions(container: Container) -> None:
    rows = {"train": csv(PIXELS[:900], DIGITS[:900]), "test": csv(PIXELS[900:], DIGITS[900:])}
    chosen = {"k": 5, "sample_size": 900, "feature_dim": 64, "predictor_type": "classifier"}
    reduced = {"dimension_reduction_type": "sign", "dimension_reduction_target": 32}
    metrics = container.train(knn.ALGORITHM, {**chosen, **reduced}, rows)
    assert metrics["test accuracy"] > 0.8
    answers = container.answers(knn.ALGORITHM, PIXELS[900:])
    right = numpy.mean([answer["predicted_label"] for answer in answers] == DIGITS[900:])
    assert right == pytest.approx(metrics["test accuracy"])


@pytest.mark.parametrize("mode", ["regular", "randomized"])
@pytest.mark.parametrize("centered", ["true", "false"])
def test_components_are_those_of_the_covariance(container: Container, mode: str, centered: str) -> None:
    chosen = {
        "num_components": 3,
        "feature_dim": 64,
        "mini_batch_size": 500,
        "algorithm_mode": mode,
        "subtract_mean": centered,
    }
    container.train(pca.ALGORITHM, chosen, {"train": csv(PIXELS)}, UNLABELLED)
    projected = numpy.array([answer["projection"] for answer in container.answers(pca.ALGORITHM, PIXELS)])
    table = PIXELS - PIXELS.mean(0) if centered == "true" else PIXELS
    largest = numpy.linalg.svd(table, compute_uv=False)[:3]
    lengths = numpy.sort((projected**2).sum(0) ** 0.5)[::-1]
    assert lengths == pytest.approx(largest, rel=1e-3)


def test_anomalies_are_counted(container: Container) -> None:
    benign = CELLS[BENIGN == 1]
    rows = {"train": csv(benign, numpy.zeros(len(benign))), "test": csv(CELLS, 1 - BENIGN)}
    metrics = container.train(randomcutforest.ALGORITHM, {"feature_dim": 30}, rows)
    assert set(metrics) == {"test accuracy", "test precision", "test recall", "test f1"}
    assert metrics["test precision"] > 0.9 > 1 - BENIGN.mean()
    metrics = container.train(
        randomcutforest.ALGORITHM, {"feature_dim": 30, "eval_metrics": '["accuracy"]'}, rows
    )
    assert set(metrics) == {"test accuracy"}


@pytest.mark.parametrize(
    ("algorithm", "chosen", "kind", "sentence"),
    [
        (
            kmeans.ALGORITHM,
            {"k": 6, "feature_dim": 2},
            UNLABELLED,
            "k is 6, and the channel 'train' has 5 rows",
        ),
        (kmeans.ALGORITHM, {"k": 2, "feature_dim": 2}, "text/csv", "have 1 features, and feature_dim is 2"),
        (
            kmeans.ALGORITHM,
            {"k": 2, "feature_dim": 2},
            "image/png",
            "Content type 'image/png' of channel 'train'",
        ),
        (
            kmeans.ALGORITHM,
            {"k": 2, "feature_dim": 2},
            "application/x-recordio-protobuf",
            "Unable to read data channel",
        ),
        (
            pca.ALGORITHM,
            {"num_components": 3, "feature_dim": 2, "mini_batch_size": 1},
            UNLABELLED,
            "num_components is 3, and the channel 'train' has 5 rows of 2 features",
        ),
        (
            pca.ALGORITHM,
            {"num_components": 1, "feature_dim": 2, "mini_batch_size": 500},
            UNLABELLED,
            "has 5 rows on this instance, which is less than mini_batch_size 500",
        ),
        (
            lda.ALGORITHM,
            {"num_topics": 2, "feature_dim": 2, "mini_batch_size": 1},
            UNLABELLED,
            "A word count in channel 'train' is negative",
        ),
        (knn.ALGORITHM, {**NEAR, "feature_dim": 2}, UNLABELLED, "The rows of channel 'train' have no label"),
        (
            knn.ALGORITHM,
            {**NEAR, "feature_dim": 1, "k": 6},
            "text/csv",
            "k is 6, and there are 5 sampled rows",
        ),
        (
            knn.ALGORITHM,
            {**NEAR, "feature_dim": 1, "dimension_reduction_type": "sign"},
            "text/csv",
            "No value(s) were specified for 'dimension_reduction_target'",
        ),
        (
            knn.ALGORITHM,
            {**NEAR, "feature_dim": 1, "dimension_reduction_type": "sign", "dimension_reduction_target": 1},
            "text/csv",
            "it must be less than feature_dim 1",
        ),
    ],
)
def test_what_is_refused(
    container: Container, algorithm: Algorithm, chosen: dict[str, str], kind: str, sentence: str
) -> None:
    with pytest.raises(CustomerError) as caught:
        container.train(algorithm, chosen, {"train": "1,-2\n3,4\n5,6\n7,8\n9,1\n"}, kind)
    assert sentence in str(caught.value)


def test_channels_are_checked(container: Container) -> None:
    for channels, problem in (
        ({"test": "1\n"}, "'train' is a required property"),
        ({"train": "1\n", "validation": "1\n"}, "'validation' was unexpected"),
    ):
        with pytest.raises(CustomerError, match=f"Failed to validate input data configuration.*{problem}"):
            container.train(kmeans.ALGORITHM, {"k": 1, "feature_dim": 1}, channels)
    with pytest.raises(CustomerError, match="No data was found in channel 'train'"):
        container.train(kmeans.ALGORITHM, {"k": 1, "feature_dim": 1}, {"train": ""})


@pytest.mark.parametrize("algorithm", [kmeans.ALGORITHM, knn.ALGORITHM, pca.ALGORITHM])
def test_a_model_of_the_image_is_not_read(container: Container, algorithm: Algorithm) -> None:
    with pytest.raises(CustomerError, match="only models that were trained by the local stand-in"):
        algorithm.load()
