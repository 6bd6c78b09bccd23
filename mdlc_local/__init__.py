"""The embedded AWS: one local process that takes unmodified CloudFormation templates and runs them for real.

It runs in an environment of its own (`requirements.lock` in this folder) and knows AWS's APIs, nothing of our
constructs. Start it with ``<embedded python> <this folder> --port N --state-dir DIR``.
"""
