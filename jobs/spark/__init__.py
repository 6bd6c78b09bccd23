"""The drift statistics on Spark, for data that is too large for one machine; no other package imports it."""
