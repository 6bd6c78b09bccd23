"""What a planning function refuses. The class name is the error's name in Step Functions."""


class PlanningError(Exception):
    """Base of everything a planning function refuses."""


class InvalidInput(PlanningError):
    """The execution's input does not fit the documented contract."""


class NoData(PlanningError):
    """The dataset's prefix holds no objects."""


class NoPackage(PlanningError):
    """No model package can be used: none is approved, or the one asked for does not exist."""


class EndpointBroken(PlanningError):
    """The endpoint is in a state that no update leads out of."""


class NoGolden(PlanningError):
    """Golden checks are wanted, and what they ask or expect is not recorded."""


class VariantsChanged(PlanningError):
    """The endpoint's variants are not those of the settings, and traffic shifts only between equal names."""


class ExperimentRunning(PlanningError):
    """Another execution tries a version on the endpoint, and this one may not end that."""


class ExperimentLeft(PlanningError):
    """The endpoint still has an experiment's configuration, and this workflow tries nothing any more."""


class StorageMoves(PlanningError):
    """A version is to be tried on instances whose disks take a key, beside some whose disks take none."""


class ChampionLost(PlanningError):
    """The champion is to be compared with, and the model that would answer for it does not exist."""


class NoBaseline(PlanningError):
    """A package that served has no baseline to hold a window against."""
