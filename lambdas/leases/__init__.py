"""Who may retrain now: one lease a model, and a budget that all models of a fleet share."""
