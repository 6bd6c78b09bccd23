"""The drift statistics on Spark, for data that one machine no longer holds; no other room imports this."""
