"""Errors of the probe function. The class name is the error's name in Step Functions."""


class ProbeError(Exception):
    """Base class of the probe function's errors."""


class InvalidRows(ProbeError):
    """The golden rows and their expected answers do not match each other, or the contract."""


class NothingToAsk(ProbeError):
    """There are neither golden rows nor captured requests."""


class ChampionSilent(ProbeError):
    """The serving version answered no probe, so there is nothing to compare with."""


class ProbesLost(ProbeError):
    """The champion's answers were not recorded, or were deleted or damaged."""


class TooSlow(ProbeError):
    """Fewer probes could be sent than are needed to reach the new fleet."""
