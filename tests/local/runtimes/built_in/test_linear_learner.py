import numpy
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.metrics import f1_score, roc_auc_score

from mdlc_local.runtimes.built_in import class_metrics
from mdlc_local.runtimes.built_in.container import CustomerError
from mdlc_local.runtimes.built_in.linear_learner import ALGORITHM
from tests.local.runtimes.built_in.containers import Container, csv

CELLS, BENIGN = load_breast_cancer(return_X_y=True)
WINES, CULTIVARS = load_wine(return_X_y=True)
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)
SMALL = {"mini_batch_size": 100}
"""The image's default, 1000, is more than these data sets have."""

ORDER = numpy.random.default_rng(0).permutation(len(CULTIVARS))


def test_classes(container: Container) -> None:
    """Better than the most frequent cultivar, 40 %."""
    first, last = ORDER[:120], ORDER[120:]
    channels = {
        "train": csv(WINES[first], CULTIVARS[first]),
        "validation": csv(WINES[last], CULTIVARS[last]),
    }
    metrics = container.train(
        ALGORITHM, {"predictor_type": "multiclass_classifier", "num_classes": 4, **SMALL}, channels
    )
    assert metrics["validation multiclass_accuracy"] > 0.9
    assert metrics["validation multiclass_top_k_accuracy_3"] == 1
    answers = container.answers(ALGORITHM, WINES[last])
    assert all(len(answer["score"]) == 4 and sum(answer["score"]) == pytest.approx(1) for answer in answers)
    right = numpy.mean([answer["predicted_label"] for answer in answers] == CULTIVARS[last])
    assert right == pytest.approx(metrics["validation multiclass_accuracy"])
    assert max(answer["score"][3] for answer in answers) < 1e-6, "no row has the class 3"


@pytest.mark.parametrize(
    "loss",
    ["auto", "absolute_loss", "huber_loss", "eps_insensitive_squared_loss", "eps_insensitive_absolute_loss"],
)
def test_numbers(container: Container, loss: str) -> None:
    """Better than the mean, which has the variance as its error."""
    channels = {"train": csv(PATIENTS[:300], PROGRESS[:300]), "test": csv(PATIENTS[300:], PROGRESS[300:])}
    chosen = {"predictor_type": "regressor", "loss": loss, "huber_delta": 10, **SMALL}
    metrics = container.train(ALGORITHM, chosen, channels)
    assert metrics["test mse"] < 0.7 * PROGRESS[300:].var()
    assert metrics["test rmse"] == pytest.approx(metrics["test mse"] ** 0.5)
    (answer,) = container.answers(ALGORITHM, PATIENTS[:1])
    assert set(answer) == {"score"}


def test_quantiles(container: Container) -> None:
    channels = {"train": csv(PATIENTS, PROGRESS)}
    chosen = {"predictor_type": "regressor", "loss": "quantile_loss", "quantile": 0.9, "wd": 0, **SMALL}
    container.train(ALGORITHM, chosen, channels)
    scores = [answer["score"] for answer in container.answers(ALGORITHM, PATIENTS)]
    assert numpy.mean(scores > PROGRESS) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(
    ("criterion", "wanted"),
    [
        (
            {
                "binary_classifier_model_selection_criteria": "recall_at_target_precision",
                "target_precision": 1,
            },
            "precision",
        ),
        (
            {"binary_classifier_model_selection_criteria": "precision_at_target_recall", "target_recall": 1},
            "recall",
        ),
    ],
)
def test_the_threshold_meets_its_target(container: Container, criterion: dict[str, str], wanted: str) -> None:
    channels = {"train": csv(CELLS, BENIGN)}
    chosen = {"predictor_type": "binary_classifier", "wd": 0.01, **SMALL, **criterion}
    metrics = container.train(ALGORITHM, chosen, channels)
    assert metrics[f"train {wanted}"] == 1
    labels = [answer["predicted_label"] for answer in container.answers(ALGORITHM, CELLS)]
    assert numpy.mean(labels == BENIGN) == pytest.approx(metrics["train binary_classification_accuracy"])


def test_margins(container: Container) -> None:
    chosen = {
        "predictor_type": "binary_classifier",
        "loss": "hinge_loss",
        "positive_example_weight_mult": "balanced",
        **SMALL,
    }
    metrics = container.train(ALGORITHM, chosen, {"train": csv(CELLS, BENIGN)})
    assert metrics["train binary_classification_accuracy"] > 0.95


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"predictor_type": "regressor", "loss": "logistic"}, "loss 'logistic' is none of"),
        ({"predictor_type": "multiclass_classifier"}, "No value(s) were specified for 'num_classes'"),
        (
            {"predictor_type": "binary_classifier", "positive_example_weight_mult": "much"},
            "'much' of hyperparameter 'positive_example_weight_mult'",
        ),
        (
            {"predictor_type": "multiclass_classifier", "num_classes": 3},
            "A label in channel 'train' is none of the classes 0 to 2",
        ),
        (
            {"predictor_type": "regressor", "mini_batch_size": 1000},
            "has 569 rows on this instance, which is less than mini_batch_size 1000: set mini_batch_size to",
        ),
    ],
)
def test_what_the_image_refuses(container: Container, chosen: dict[str, str], sentence: str) -> None:
    labels = BENIGN * 7 if "num_classes" in chosen else BENIGN
    with pytest.raises(CustomerError) as caught:
        container.train(ALGORITHM, {**SMALL, **chosen}, {"train": csv(CELLS, labels)})
    assert sentence in str(caught.value)


def test_metrics_are_those_of_scikit_learn() -> None:
    random = numpy.random.default_rng(1)
    labels = random.integers(0, 2, 200).astype(float)
    scores = numpy.round(random.random(200) + 0.3 * labels, 1)
    metrics = class_metrics.binary_metrics(scores, labels, 0.6, 1.0)
    assert metrics["roc_auc_score"] == pytest.approx(roc_auc_score(labels, scores))
    assert metrics["binary_f_1.000"] == pytest.approx(f1_score(labels, scores >= 0.6))
    assert class_metrics.area(scores, labels > 2) == 0.5
    every = random.random((200, 3))
    kinds = random.integers(0, 3, 200)
    macro = class_metrics.class_metrics(every, kinds.astype(float), 1.0, 2)
    assert macro["macro_f_1.000"] == pytest.approx(f1_score(kinds, every.argmax(1), average="macro"))
    assert macro["multiclass_top_k_accuracy_2"] > macro["multiclass_accuracy"]
