import pytest

from mdlc_constructs.settings.algorithms.xgboost import ALIASES, TABLE
from mdlc_constructs.settings.metric import METRICS
from mdlc_constructs.settings.refusal import unknown
from mdlc_constructs.settings.synonyms import SYNONYMS
from mdlc_constructs.suggestions import did_you_mean, nearest

GROUPS = (("auc", "roc_auc"), ("pr_auc", "aucpr"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("roc_auc", "auc"),
        ("ROC-AUC", "auc"),
        ("roc auc", "auc"),
        ("roc_acu", "auc"),
        ("aucpr", "pr_auc"),
        ("Accuracy", "accuracy"),
        ("zzz", None),
        (3, None),
    ],
)
def test_meaning_comes_before_spelling(name: object, meant: str | None) -> None:
    assert nearest(name, ("accuracy", "auc", "pr_auc"), GROUPS) == meant


def test_without_synonyms_spelling_decides() -> None:
    assert did_you_mean("Itm", ("Item", "Key")) == "did you mean 'Item'?"
    assert did_you_mean("Itm", ("Key",)) is None


def test_a_synonym_of_nothing_known_suggests_nothing() -> None:
    assert nearest("roc_auc", ("width",), GROUPS) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("roc_auc", "auc"),
        ("average_precision", "pr_auc"),
        ("mean_squared_error", "rmse"),
        ("r2_score", "r2"),
        ("sensitivity", "recall"),
        ("ece", "expected_calibration_error"),
        ("logloss", "log_loss"),
    ],
)
def test_metrics_of_other_libraries_are_known(name: str, meant: str) -> None:
    assert f"did you mean {meant!r}?" in str(unknown("metric", name, METRICS, what="metric"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [("str", "text"), ("float64", "number"), ("int", "integer"), ("bool", "boolean"), ("date", "timestamp")],
)
def test_types_of_other_libraries_are_known(name: str, meant: str) -> None:
    kinds = ("number", "integer", "category", "boolean", "timestamp", "text")
    assert nearest(name, kinds, SYNONYMS) == meant


def test_no_name_is_its_own_synonyms_synonym() -> None:
    for group in SYNONYMS:
        assert len(set(group)) == len(group)
        assert all(word == word.lower() for word in group)


def test_every_group_of_hyperparameters_begins_with_a_name_of_the_image() -> None:
    from mdlc_constructs.settings.synonyms import XGBOOST_NAMES

    assert {group[0] for group in XGBOOST_NAMES} <= {*TABLE, *ALIASES}
