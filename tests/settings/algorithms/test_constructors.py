"""The generated constructors: what they render, and what they refuse with which sentence."""

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm as Built
from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from tests.settings.algorithms.minimal import MINIMAL


def test_there_are_all_seventeen_of_2019_and_four_more() -> None:
    assert len(algorithm_names()) == 21
    assert {name for name in algorithm_names() if algorithm_facts(name).unverified} == {
        "autogluon-tabular",
        "catboost",
        "lightgbm",
        "tabtransformer",
    }


@pytest.mark.parametrize("name", algorithm_names())
def test_a_constructor_has_a_typed_argument_for_each_hyperparameter(name: str) -> None:
    facts = algorithm_facts(name)
    shown = inspect.signature(getattr(Built, facts.method)).parameters
    assert {parameter.kind for parameter in shown.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert {
        row.replace("lambda", "reg_lambda") if row == "lambda" else row for row in facts.hyperparameters
    } <= set(shown)
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in shown.values())
    for parameter, row in (
        (shown[key], facts.hyperparameters[key]) for key in facts.hyperparameters if key in shown
    ):
        needed = row.required and not row.follows
        assert parameter.default is (inspect.Parameter.empty if needed else None)
    text = str(getattr(Built, facts.method).__doc__)
    assert "Args:" in text
    assert ("was never seen to work on AWS" in " ".join(text.split())) == facts.unverified


@pytest.mark.parametrize("name", algorithm_names())
def test_a_constructor_makes_the_algorithm_of_its_name(name: str) -> None:
    algorithm = MINIMAL[name]()
    assert (algorithm.name, algorithm.image.repository) == (name, algorithm_facts(name).repository)
    assert algorithm.x86_image


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: Built.kmeans(n_clusters=3),  # type: ignore[call-arg]
            "hyperparameters='n_clusters': no such K-Means hyperparameter; did you mean 'k'?",
        ),
        (
            lambda: Built.kmeans(),  # type: ignore[call-arg]
            "k=None: is required, the number of clusters: give a whole number from 2.",
        ),
        (lambda: Built.kmeans(k=1), "k=1: give a whole number from 2."),
        (
            lambda: Built.kmeans(k=2, init_method="kmeans"),  # type: ignore[arg-type]
            "no such value of init_method; did you mean 'kmeans++'?",
        ),
        (
            lambda: Built.kmeans(k=2, extra_center_factor="some"),  # type: ignore[arg-type]
            "extra_center_factor='some': give a whole number from 1, or 'auto'.",
        ),
        (lambda: Built.kmeans(k=2, eval_metrics=("mse",)), "no such value of eval_metrics"),
        (
            lambda: Built.knn(k=3, sample_size=10, dimension_reduction_target=2),
            "dimension_reduction_target='2': needs dimension_reduction_type='sign' or "
            "dimension_reduction_type='fjlt'; give that, or leave dimension_reduction_target out.",
        ),
        (
            lambda: Built.knn(k=3, sample_size=10, dimension_reduction_type="sign"),
            "dimension_reduction_target=None: is required with dimension_reduction_type='sign': "
            "give a whole number from 1.",
        ),
        (
            lambda: Built.knn(k=3, sample_size=10, index_type="faiss.IVFPQ", index_metric="COSINE"),
            "index_metric='COSINE': does not go with index_type='faiss.IVFPQ'; give 'L2'.",
        ),
        (lambda: Built.knn(k=30, sample_size=10), "k='30': must be at most sample_size, which is 10."),
        (
            lambda: Built.linear_learner(predictor_type="regressor", loss="logistic"),
            "loss='logistic': is no loss of a regressor; give one of auto, squared_loss",
        ),
        (
            lambda: Built.linear_learner(predictor_type="binary_classifier", num_classes=4),
            "num_classes='4': has an effect with predictor_type='multiclass_classifier' only, and "
            "predictor_type is 'binary_classifier'; give that, or leave num_classes out.",
        ),
        (
            lambda: Built.linear_learner(quantile=0.3),
            "quantile='0.3': has an effect with loss='quantile_loss' only, and loss is 'auto'",
        ),
        (lambda: Built.linear_learner(num_classes=2), "num_classes=2: give a whole number from 3 to 1e+06."),
        (
            lambda: Built.factorization_machines(num_factors=2, bias_init_scale=0.1),
            "bias_init_scale='0.1': has an effect with bias_init_method='uniform' only",
        ),
        (
            lambda: Built.blazingtext(mode="supervised", negative_samples=3),
            "negative_samples='3': has an effect with mode='batch_skipgram' or mode='skipgram'",
        ),
        (
            lambda: Built.blazingtext(mode="cbow", min_char=5, max_char=2),
            "min_char='5': must be at most max_char",
        ),
        (lambda: Built.seq2seq(rnn_num_hidden=3), "rnn_num_hidden='3': give an even number."),
        (lambda: Built.seq2seq(momentum=0.9), "momentum='0.9': has an effect with optimizer_type='sgd' only"),
        (
            lambda: Built.semantic_segmentation(num_classes=2, num_training_samples=9, lr_scheduler="step"),
            "lr_scheduler_step=None: is required with lr_scheduler='step'",
        ),
        (
            lambda: Built.image_classification(num_classes=2, num_training_samples=5, image_shape="3,224"),
            "image_shape='3,224': give channels, height and width, such as (3, 224, 224).",
        ),
        (lambda: Built.randomcutforest(num_trees=10), "num_trees=10: give a whole number from 50 to 1000."),
        (lambda: Built.ntm(num_topics=4, batch_norm=2), "batch_norm=2: give True or False."),  # type: ignore[arg-type]
        (lambda: Built.pca(num_components=2, version="7"), "no such version of pca"),
        (lambda: Built.kmeans(k=2.5), "k=2.5: give a whole number from 2."),  # type: ignore[arg-type]
        (lambda: Built.kmeans(k=math.nan), "k=nan: give a whole number from 2."),  # type: ignore[arg-type]
        (
            lambda: Built.linear_learner(learning_rate=math.inf),
            "learning_rate=inf: give a number above 0",
        ),
        (
            lambda: Built.xgboost(objective="binary:logistic", num_round=2, gamma=math.inf),
            "gamma=inf: give a number from 0.",
        ),
        (
            lambda: Built.xgboost(objective="binary:logistic", num_round=2, max_depth=[3]),  # type: ignore[arg-type]
            "max_depth=[3]: give a whole number from 0.",
        ),
        (
            lambda: Built.xgboost(objective=["a"], num_round=2),  # type: ignore[arg-type]
            "objective=['a']: give a text, a number or a boolean.",
        ),
        (
            lambda: Built.create("kmeans", {"zzz": 3}),
            "hyperparameters='zzz': no such K-Means hyperparameter;",
        ),
        (lambda: Built.lightgbm(code_uri=3), "code_uri=3: give a text such as"),  # type: ignore[arg-type]
        (
            lambda: Built.lightgbm(code_uri="sourcedir.tar.gz"),
            "code_uri='sourcedir.tar.gz': give the archive's URI",
        ),
    ],
)
def test_what_an_algorithm_refuses_is_one_sentence_with_the_right_value(
    make: Callable[[], object], said: str
) -> None:
    with pytest.raises(ValueError, match="=") as caught:
        make()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("made", "texts"),
    [
        (lambda: Built.kmeans(k=2, eval_metrics=("msd", "ssd")), {"eval_metrics": '["msd", "ssd"]'}),
        (lambda: Built.pca(num_components=2, subtract_mean=False), {"subtract_mean": "false"}),
        (lambda: Built.blazingtext(mode="supervised", early_stopping=True), {"early_stopping": "True"}),
        (
            lambda: Built.image_classification(
                num_classes=2, num_training_samples=5, image_shape=(3, 28, 28), use_pretrained_model=True
            ),
            {"image_shape": "3,28,28", "use_pretrained_model": "1"},
        ),
        (
            lambda: Built.forecasting_deepar(epochs=2, cardinality=(3, 4), test_quantiles=(0.1, 0.9)),
            {"cardinality": "[3, 4]", "test_quantiles": "[0.1, 0.9]"},
        ),
        (lambda: Built.forecasting_deepar(epochs=2, cardinality="auto"), {"cardinality": "auto"}),
        (
            lambda: Built.object2vec(
                enc0_max_seq_len=9, enc0_vocab_size=9, comparator_list=("concat", "hadamard")
            ),
            {"comparator_list": "concat,hadamard"},
        ),
        (lambda: Built.ntm(num_topics=2, encoder_layers=(8, 4)), {"encoder_layers": "[8, 4]"}),
        (lambda: Built.kmeans(k=4.0, mini_batch_size=1e3), {"k": "4", "mini_batch_size": "1000"}),  # type: ignore[arg-type]
        (lambda: Built.linear_learner(learning_rate=1), {"learning_rate": "1"}),
        (
            lambda: Built.image_classification(
                num_classes=2,
                num_training_samples=5,
                image_shape=(3.0, 28, 28),  # type: ignore[arg-type]
            ),
            {"image_shape": "3,28,28"},
        ),
        (
            lambda: Built.xgboost(objective="binary:logistic", num_round=10.0),  # type: ignore[arg-type]
            {"num_round": "10"},
        ),
        (lambda: Built.tabtransformer(input_dim=64), {"input_dim": "64"}),
        (
            lambda: Built.xgboost(objective="reg:squarederror", num_round=2, reg_lambda=2, learning_rate=0.1),
            {"lambda": "2", "eta": "0.1"},
        ),
    ],
)
def test_values_become_the_texts_of_the_algorithm(made: Callable[[], Built], texts: dict[str, str]) -> None:
    assert texts.items() <= made().texts.items()


def test_a_value_is_taken_as_text_too() -> None:
    words: dict[str, Any] = {"k": "4", "mini_batch_size": "100"}
    assert Built.kmeans(**words).texts == {"k": "4", "mini_batch_size": "100"}


@pytest.mark.parametrize("name", algorithm_names())
def test_an_algorithm_is_checked_when_it_is_made_otherwise(name: str) -> None:
    algorithm = MINIMAL[name]()
    assert replace(algorithm) == algorithm
    with pytest.raises(ValueError, match=r"hyperparameters='zz': no such"):
        replace(algorithm, hyperparameters={**algorithm.hyperparameters, "zz": "1"})
    with pytest.raises(ValueError, match=r"hyperparameters=\[1\]: give values by name"):
        replace(algorithm, hyperparameters=[1])  # type: ignore[arg-type]


def test_values_are_checked_when_an_algorithm_is_made_otherwise() -> None:
    with pytest.raises(ValueError, match="k='-5': give a whole number from 2"):
        replace(Built.kmeans(k=3), hyperparameters={"k": "-5"})
    made = Built.xgboost(objective="binary:logistic", num_round=2, alpha=1e-5)
    deeper = replace(made, hyperparameters={**made.hyperparameters, "max_depth": 6})
    assert deeper.texts == {**made.texts, "alpha": "1e-05", "max_depth": "6"}
    with pytest.raises(ValueError, match="max_depth=-1: give a whole number from 0"):
        replace(made, hyperparameters={**made.hyperparameters, "max_depth": "-1"})


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("deepar", "forecasting_deepar"), ("random_cut_forest", "randomcutforest"), ("xgbost", "xgboost")],
)
def test_a_constructor_of_another_name_is_suggested(asked: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{asked}'; did you mean '{meant}'\\?"):
        getattr(Built, asked)
    with pytest.raises(AttributeError, match="its constructors are autogluon_tabular, blazingtext"):
        getattr(Built, "zzz" * 2)
