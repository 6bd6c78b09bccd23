import dataclasses
import inspect
from collections.abc import Mapping

import pytest

import mdlc_constructs
from mdlc_constructs import Dataset, Gate, TrainingWorkflow
from mdlc_constructs.exports import public_names


def arguments(function: object) -> Mapping[str, inspect.Parameter]:
    assert callable(function)
    return inspect.signature(function).parameters


def taken_by_any_name(function: object) -> bool:
    variable = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return bool(variable & {parameter.kind for parameter in arguments(function).values()})


CLASSES = [
    public
    for name in public_names("mdlc_constructs")
    if inspect.isclass(public := getattr(mdlc_constructs, name)) and not issubclass(public, Exception)
]


@pytest.mark.parametrize("public", CLASSES)
def test_every_noun_and_construct_shows_its_arguments(public: type) -> None:
    assert not taken_by_any_name(public)


@pytest.mark.parametrize("public", [public for public in CLASSES if dataclasses.is_dataclass(public)])
def test_so_does_whatever_makes_a_noun(public: type) -> None:
    makers = [
        name
        for name, member in inspect.getmembers(public, inspect.ismethod)
        if member.__self__ is public and taken_by_any_name(member)
    ]
    # Hyperparameters have any name; a sequence has any number of parts.
    assert set(makers) <= {"xgboost", "of"}


def test_a_construct_shows_the_arguments_of_its_constructor() -> None:
    shown = arguments(TrainingWorkflow)
    assert list(shown)[:5] == ["scope", "id_", "home", "dataset", "algorithm"]
    assert shown["gate"].default is None
    assert shown["dataset"].kind is inspect.Parameter.KEYWORD_ONLY


def test_a_subclass_shows_its_own() -> None:
    class Ours(TrainingWorkflow):
        pass

    class Other(TrainingWorkflow):
        def __init__(self, scope: object, id_: str, *, team: str) -> None: ...

    assert list(arguments(Ours)) == list(arguments(TrainingWorkflow))
    assert list(arguments(Other)) == ["scope", "id_", "team"]


@pytest.mark.parametrize("make", [Dataset.csv, Dataset.parquet])
def test_a_dataset_is_made_from_what_it_holds(make: object) -> None:
    shown = arguments(make)
    whole = arguments(Dataset)
    csv_only = {"delimiter", "timestamp_format"} if make == Dataset.parquet else set()
    assert set(shown) == set(whole) - {"format"} - csv_only
    assert {name: parameter.default for name, parameter in shown.items()} == {
        name: whole[name].default for name in shown
    }
    assert shown["columns"].annotation == Mapping[str, str]


def test_a_noun_that_is_made_by_its_constructor_is_as_python_shows_it() -> None:
    assert "at_least" in arguments(Gate)
