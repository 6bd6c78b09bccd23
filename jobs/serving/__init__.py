"""Serving code of an endpoint: computes the features of a request, and adds the version to an answer.

Its modules go into the archive that an endpoint's containers load (`jobs.serving.archive`), so they import
only the standard library and each other.
"""
