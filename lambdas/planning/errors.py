"""Errors of the planning functions. The class name is the error's name in Step Functions."""


class PlanningError(Exception):
    """Base class of the planning functions' errors."""


class InvalidInput(PlanningError):
    """The execution's input does not match the documented contract."""


class NoData(PlanningError):
    """There are no objects below the dataset's prefix."""


class NoPackage(PlanningError):
    """No model package can be used: none is approved, or the requested version does not exist."""


class EndpointBroken(PlanningError):
    """The endpoint is in a state that no update can leave."""


class NoGolden(PlanningError):
    """The settings have golden checks, but the golden rows or their expected answers are missing."""


class VariantsChanged(PlanningError):
    """The endpoint's variants are not those of the settings, and traffic shifts only between equal names."""


class ExperimentRunning(PlanningError):
    """Another execution runs an experiment on the endpoint, and this one may not end it."""


class ExperimentLeft(PlanningError):
    """The endpoint still has an experiment's configuration, but this workflow has no experiment any more."""


class StorageMoves(PlanningError):
    """Only one of an experiment's two instance types has local storage, so they cannot share a volume key."""


class ChampionLost(PlanningError):
    """The champion's SageMaker model, needed for the comparison with it, does not exist."""


class NoBaseline(PlanningError):
    """A package that served has no baseline to compare a window with."""


class BadManifest(PlanningError):
    """A channel's manifest cannot be read, or names objects that are missing."""
