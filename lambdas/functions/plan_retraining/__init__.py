"""A retraining's own steps, around the machines it starts: coalesce, acquire, claim, await, conclude."""
