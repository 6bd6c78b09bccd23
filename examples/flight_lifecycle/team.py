"""What the team calls its stack and its model."""

from examples.flight_delay.following import Team

TEAM = Team(stack="FlightLifecycle", model="flight-lifecycle")
