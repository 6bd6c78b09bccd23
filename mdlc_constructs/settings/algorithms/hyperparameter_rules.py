"""The rules of an algorithm's hyperparameters together: what one requires of another, and excludes."""

from collections.abc import Callable, Mapping

from mdlc_constructs.settings.algorithms.arguments import argument_of
from mdlc_constructs.settings.algorithms.hyperparameter import Argument
from mdlc_constructs.settings.algorithms.hyperparameters import check_length
from mdlc_constructs.settings.algorithms.table import AlgorithmFacts
from mdlc_constructs.settings.refusal import refusal, unknown

Texts = Mapping[str, str]


def rendered_by_table(facts: AlgorithmFacts, arguments: Mapping[str, Argument]) -> dict[str, str]:
    """The checked hyperparameters as the texts that SageMaker's API takes.

    Raises:
        ValueError: for a value out of range, or for hyperparameters that contradict each other.
    """
    for name in arguments:
        if name not in facts.hyperparameters:
            raise unknown(
                "hyperparameters", name, facts.hyperparameters, what=f"{facts.title} hyperparameter"
            )
    texts = {name: facts.hyperparameters[name].text(value) for name, value in arguments.items()}
    for name, text in texts.items():
        check_length(name, text)
    check_together(facts, texts)
    return texts


def check_together(facts: AlgorithmFacts, texts: Texts) -> None:
    """Refuse hyperparameters that contradict each other.

    Raises:
        ValueError: naming the hyperparameters and the remedy.
    """
    for name, row in facts.hyperparameters.items():
        if name in texts:
            _check_needs(facts, name, texts)
        for other, among in row.required_with.items():
            if (
                name not in texts
                and other in texts
                and (not among or texts[other] in among)
                and not row.follows
            ):
                raise refusal(name, None, f"is required with {other}={texts[other]!r}: give {row.described}.")
    check = _CHECKS.get(facts.name)
    if check is not None:
        check(texts)


def _check_needs(facts: AlgorithmFacts, name: str, texts: Texts) -> None:
    """Refuse a hyperparameter that has no effect beside another one's value, or its default."""
    for other, among in facts.hyperparameters[name].needs.items():
        row = facts.hyperparameters[other]
        value = texts.get(other, row.default)
        # What the dataset sets later, such as predictor_type, is judged again when it is set.
        if value in among or (other not in texts and row.follows):
            continue
        values = " or ".join(f"{other}={word!r}" for word in among)
        remedy = f"has an effect with {values} only, and {other} is {value!r}" if value else f"needs {values}"
        raise refusal(argument_of(name), texts[name], f"{remedy}; give that, or leave {name} out.")


def _number(texts: Texts, name: str) -> float | None:
    try:
        return float(texts[name])
    except (KeyError, ValueError):
        return None


def _ordered(low: str, high: str, *, equal: bool = True) -> Callable[[Texts], None]:
    def check(texts: Texts) -> None:
        least, most = _number(texts, low), _number(texts, high)
        if least is not None and most is not None and (least > most or (least == most and not equal)):
            above = "at most" if equal else "below"
            raise refusal(low, texts[low], f"must be {above} {high}, which is {texts[high]}.")

    return check


def _knn(texts: Texts) -> None:
    if texts.get("index_type") == "faiss.IVFPQ" and texts.get("index_metric", "L2") != "L2":
        raise refusal(
            "index_metric", texts["index_metric"], "does not go with index_type='faiss.IVFPQ'; give 'L2'."
        )
    _ordered("k", "sample_size")(texts)
    _ordered("dimension_reduction_target", "feature_dim", equal=False)(texts)


_LOSSES = {
    "binary_classifier": ("auto", "logistic", "hinge_loss"),
    "multiclass_classifier": ("auto", "softmax_loss"),
    "regressor": (
        *("auto", "squared_loss", "absolute_loss", "eps_insensitive_squared_loss"),
        *("eps_insensitive_absolute_loss", "quantile_loss", "huber_loss"),
    ),
}
"""The losses of each kind of linear model. Source: ``loss`` of Linear Learner's hyperparameters."""


def _linear_learner(texts: Texts) -> None:
    predictor, loss = texts.get("predictor_type", ""), texts.get("loss", "auto")
    if predictor and loss not in _LOSSES[predictor]:
        raise refusal(
            "loss", loss, f"is no loss of a {predictor}; give one of {', '.join(_LOSSES[predictor])}."
        )


def _seq2seq(texts: Texts) -> None:
    _ordered("min_num_epochs", "max_num_epochs")(texts)
    hidden = _number(texts, "rnn_num_hidden")
    if hidden is not None and hidden % 2:
        raise refusal("rnn_num_hidden", texts["rnn_num_hidden"], "give an even number.")


def _image_classification(texts: Texts) -> None:
    _ordered("checkpoint_frequency", "epochs")(texts)
    shape = texts.get("image_shape", "3,224,224")
    if len(shape.split(",")) != 3:
        raise refusal("image_shape", shape, "give channels, height and width, such as (3, 224, 224).")


_CHECKS: Mapping[str, Callable[[Texts], None]] = {
    "blazingtext": _ordered("min_char", "max_char"),
    "knn": _knn,
    "linear-learner": _linear_learner,
    "pca": _ordered("num_components", "feature_dim"),
    "seq2seq": _seq2seq,
    "image-classification": _image_classification,
}
"""What the table cannot say of an algorithm's hyperparameters together."""
