"""What a planning function refuses. The class name is the error's name in Step Functions."""


class PlanningError(Exception):
    """Base of everything a planning function refuses."""


class InvalidInput(PlanningError):
    """The execution's input does not fit the documented contract."""


class NoData(PlanningError):
    """The dataset's prefix holds no objects."""


class NoPackage(PlanningError):
    """No model package can be used: none is approved, or the one asked for does not exist."""


class NameTaken(PlanningError):
    """A derived name is taken by something that is not this step's work."""
