"""What the team calls its stack and its model, and when it wants the model retrained."""

from datetime import timedelta

from examples.flight_delay.following import Team
from mdlc_constructs.settings import OnAccuracyLoss, OnDrift, OnRequest

TEAM = Team(stack="FlightLifecycle", model="flight-lifecycle")

ON_DRIFT = OnDrift()
ON_LOSS = OnAccuracyLoss(metric="auc", loss=0.02)
TRIGGERS = (ON_DRIFT, ON_LOSS, OnRequest())

JUDGED = timedelta(days=10)
"""How long the holdout is: the last flights of what is known, on which challenger and champion meet."""
