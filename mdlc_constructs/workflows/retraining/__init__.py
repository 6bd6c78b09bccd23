"""Retraining: triggers, lease, the training machine, a person's approval, the release machine, audit."""
