"""The names of the team's stack and model, and the triggers of its retrainings."""

from datetime import timedelta

from examples.flight_delay.following import Team
from mdlc_constructs.settings import OnAccuracyLoss, OnDrift, OnRequest

TEAM = Team(stack="FlightLifecycle", model="flight-lifecycle")

ON_DRIFT = OnDrift()
ON_LOSS = OnAccuracyLoss(metric="auc", loss=0.02)
TRIGGERS = (ON_DRIFT, ON_LOSS, OnRequest())

JUDGED = timedelta(days=10)
"""Length of the holdout: the latest labelled flights, on which challenger and champion are compared."""
