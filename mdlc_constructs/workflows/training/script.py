"""The archive of a script as an asset of the deployment, which the training job reads."""

from collections.abc import Mapping

from aws_cdk import Stack
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.assets import asset
from mdlc_constructs.resources.script.archive import script_code
from mdlc_constructs.settings import Algorithm, Script
from mdlc_constructs.workflows import job_roles


def script_bindings(
    scope: Construct, algorithm: Algorithm
) -> tuple[Mapping[str, str], tuple[Statement, ...]]:
    """Publish a script's archive; returns its placeholders' bindings and the permission to read it.

    Another algorithm has neither.
    """
    if not isinstance(algorithm, Script):
        return {}, ()
    location = asset(Stack.of(scope), script_code(algorithm))
    return (
        {"ScriptCode": location.uri, "ScriptCodeFile": location.file_name},
        job_roles.job_code(location.bucket_name, location.object_key),
    )
