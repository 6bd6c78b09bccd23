"""A year in the life of a model: the flights of 2013, month by month, as if they were happening."""
