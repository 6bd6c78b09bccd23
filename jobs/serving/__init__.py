"""The feature program at the endpoint: what prepares a request and stamps an answer.

Its modules go into the archive that an endpoint's containers load (`jobs.serving.archive`), so they import
nothing beyond the standard library and each other.
"""
