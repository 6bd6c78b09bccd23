"""All probes, by what they are about."""

from mdlc_cli.conformance.probe import Probe
from mdlc_cli.conformance.probes import (
    apis,
    endpoints,
    expressions,
    integrations,
    jobs,
    machines,
    registry,
    states,
)

PROBES: tuple[Probe, ...] = (
    *integrations.PROBES,
    *machines.PROBES,
    *expressions.PROBES,
    *registry.PROBES,
    *apis.PROBES,
    *states.PROBES,
    *jobs.PROBES,
    *endpoints.PROBES,
)
"""Every probe, in the order in which they are asked."""
