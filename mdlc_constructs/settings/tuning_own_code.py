"""The ranges of a tuning whose trials run a team's own code: what its ``train`` or its script takes."""

from collections.abc import Mapping

from mdlc_constructs.settings.algorithms import container_python, script_hyperparameters
from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.container import CustomContainer
from mdlc_constructs.settings.algorithms.container_python import MODULE, Parameter
from mdlc_constructs.settings.algorithms.script import Script
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.tuning_ranges import Categorical, Continuous, Integer, TuningRange

_TAKEN: Mapping[str, tuple[type[TuningRange], ...]] = {
    "int": (Integer,),
    "float": (Continuous, Integer),
    "bool": (),
    "str": (),
}
"""The ranges of numbers by the type of a hyperparameter; each takes a `Categorical` of its values, too."""


def check_own(algorithm: Algorithm, ranges: Mapping[str, TuningRange]) -> tuple[str, ...]:
    """Refuse ranges that the team's code does not take; of an image or an R script nothing is known.

    Returns:
        The hyperparameters that its constructor requires, which are given and may be searched all the same.

    Raises:
        ValueError: naming the hyperparameter and the remedy.
    """
    if isinstance(algorithm, Script):
        for name in ranges:
            script_hyperparameters.check_name("ranges", name)
        script_hyperparameters.check_number("ranges", len({*algorithm.hyperparameters, *ranges}))
    if not isinstance(algorithm, CustomContainer) or algorithm.language != "python":
        return ()
    parameters = container_python.declared(algorithm.directory)
    for name, searched in ranges.items():
        container_python.check_name("ranges", name, parameters)
        _check_values(name, searched, parameters[name])
    return tuple(name for name, parameter in parameters.items() if parameter.required)


def _check_values(name: str, searched: TuningRange, parameter: Parameter) -> None:
    if isinstance(searched, Categorical):
        for value in searched.values:
            if not parameter.takes(value):
                raise refusal(
                    f"ranges[{name!r}]", value, f"train in {MODULE} declares it as {parameter.kind}."
                )
    elif not isinstance(searched, _TAKEN[parameter.kind]):
        right = " or ".join(f"{kind.__name__}(...)" for kind in (*_TAKEN[parameter.kind], Categorical))
        raise refusal(
            f"ranges[{name!r}]",
            type(searched).__name__,
            f"train in {MODULE} declares it as {parameter.kind}; give {right}.",
        )
