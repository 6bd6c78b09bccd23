"""Retraining: triggers, lease, the training machine, approval by a person, the release machine, audit."""
