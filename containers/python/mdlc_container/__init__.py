"""SageMaker's contract around a team's own ``model.py``: training, the artifact, and serving by tables.

The server itself is the package ``serving``. ``containers/r/container.R`` does the same for R; both pass the
same tests.
"""
