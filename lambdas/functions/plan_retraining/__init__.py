"""What a retraining does between the machines it starts: gather, lease, claim, wait, conclude."""
