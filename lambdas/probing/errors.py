"""What the prober refuses. The class name is the error's name in Step Functions."""


class ProbeError(Exception):
    """Base of everything the prober refuses."""


class InvalidRows(ProbeError):
    """The golden rows and their expected answers do not fit each other, or the contract."""


class NothingToAsk(ProbeError):
    """There are neither golden rows nor captured requests."""


class ChampionSilent(ProbeError):
    """The serving version gives no answer that could be compared with."""


class ProbesLost(ProbeError):
    """The champion's answers were not recorded, or are gone."""


class TooSlow(ProbeError):
    """Fewer probes could be sent than it takes to see the new fleet."""
