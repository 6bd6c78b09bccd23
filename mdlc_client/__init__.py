"""Reads what workflows left in an account: executions, versions, windows and predictions. Changes nothing.

Imports nothing of mdlc_constructs, so it works wherever boto3 does: in a notebook, a job or a report::

    from mdlc_client import Client

    client = Client(model="churn")
    client.versions()

The data frames need pandas and DuckDB: `pip install 'mdlc-constructs[client]'`.
"""

from mdlc_client.client import Client
from mdlc_client.errors import AccessError, ChoiceError, MdlcClientError, MissingPackageError

__all__ = ["AccessError", "ChoiceError", "Client", "MdlcClientError", "MissingPackageError"]
