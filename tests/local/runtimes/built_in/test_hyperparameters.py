import pytest

from mdlc_local.runtimes.built_in.container import CustomerError
from mdlc_local.runtimes.built_in.hyperparameters import Parameter, read, unused

PARAMETERS = {
    "k": Parameter(kind="int", low=1, high=9, required=True),
    "rate": Parameter(kind="float", low=0, default=0.5, auto=True),
    "fast": Parameter(kind="bool", default=False, used=False),
    "kind": Parameter(kind="word", choices=("a", "b"), default="a"),
    "metrics": Parameter(kind="words", choices=("msd", "ssd"), default=["msd"]),
}


def test_values_and_defaults() -> None:
    assert read(PARAMETERS, {"k": "3"}) == {
        "k": 3,
        "rate": 0.5,
        "fast": False,
        "kind": "a",
        "metrics": ["msd"],
    }
    texts = {"k": "3", "rate": "auto", "fast": "true", "kind": "b", "metrics": '["ssd"]', "_kvstore": "auto"}
    assert read(PARAMETERS, texts) == {"k": 3, "rate": "auto", "fast": True, "kind": "b", "metrics": ["ssd"]}
    assert unused(PARAMETERS, texts) == ["fast"]


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (
            {},
            "No value(s) were specified for 'k' which are required hyperparameter(s) (caused by ",
        ),
        (
            {"k": "1", "l": "2", "m": "3"},
            "Additional hyperparameters are not allowed ('l', 'm' were unexpected) (caused by ",
        ),
        ({"k": "0"}, "Value '0' of hyperparameter 'k' is not an integer at least 1 at most 9"),
        ({"k": "1.5"}, "Value '1.5' of hyperparameter 'k' is not an integer"),
        (
            {"k": "1", "rate": "nan"},
            "Value 'nan' of hyperparameter 'rate' is not a number at least 0 or auto",
        ),
        ({"k": "1", "fast": "yes"}, "is not true or false"),
        ({"k": "1", "kind": "c"}, "is not one of ['a', 'b']"),
        ({"k": "1", "metrics": "msd"}, "is not a JSON list of ['msd', 'ssd']"),
        ({"k": "1", "metrics": '{"msd": 1}'}, "is not a JSON list of"),
        ({"k": "1", "metrics": "[[]]"}, "is not a JSON list of"),
    ],
)
def test_what_an_image_refuses(texts: dict[str, str], sentence: str) -> None:
    with pytest.raises(CustomerError) as caught:
        read(PARAMETERS, texts)
    assert sentence in str(caught.value)
