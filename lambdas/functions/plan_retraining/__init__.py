"""What a retraining does between the machines it starts: coalesce triggers, lease, claim, wait, conclude."""
