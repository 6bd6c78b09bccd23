"""A model through a year: the flights of 2013 are replayed month by month, as if they were happening."""
