"""Distributes requests among an endpoint's fleets, and counts the requests in progress."""

import contextlib
import random
import threading
from collections.abc import Iterator

from mdlc_local.errors import LocalAwsError
from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.variant_server import VariantServer

WHOLE = 100.0
"""All of the traffic, in percent."""


class NoVariantError(LocalAwsError):
    """No fleet can answer the request; the message is the requested variant, if any."""


class Traffic:
    """The distribution of requests among an endpoint's fleets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares: tuple[tuple[Fleet, float], ...] = ()

    def share(self, *shares: tuple[Fleet, float]) -> None:
        """Set the fleets' shares of the requests, in percent, in one step."""
        with self._lock:
            self._shares = tuple((fleet, percent) for fleet, percent in shares if percent > 0)

    @property
    def shares(self) -> dict[str, float]:
        """The shares in percent, by the name of the endpoint configuration."""
        return {fleet.config_name: percent for fleet, percent in self._shares}

    @property
    def servers(self) -> list[VariantServer]:
        """The production variants of all fleets with a share."""
        return [server for fleet, _ in self._shares for server in fleet.servers.values()]

    @contextlib.contextmanager
    def route(self, target_variant: str | None) -> Iterator[tuple[Fleet, VariantServer]]:
        """A context with a fleet and a variant for one request; the fleet does not end during the request.

        Raises:
            NoVariantError: when there is no fleet, or none has that variant.
        """
        with self._lock:
            shares = self._shares
            if target_variant is not None:
                shares = tuple(share for share in shares if target_variant in share[0].servers)
            if not shares:
                raise NoVariantError(target_variant or "")
            fleet = random.choices([share for share, _ in shares], [percent for _, percent in shares])[0]
            # Counted while holding the lock, so that the fleet cannot end during this request.
            with fleet.lock:
                fleet.in_flight += 1
        try:
            yield fleet, fleet.servers[target_variant] if target_variant else fleet.choose()
        finally:
            with fleet.lock:
                fleet.in_flight -= 1
