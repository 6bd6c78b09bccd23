"""Statistics over columns: distances, tests, baselines, metrics. SQL first."""
