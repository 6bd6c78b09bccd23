"""The ASGI application that serves a team's artifact; `serving.app` does the protocol."""

import logging
import os

from mdlc_container import artifact, logs, own_code, places
from mdlc_container.service import TableService
from serving.app import Application
from serving.bodies import version_as_json
from serving.ending import Ending

log = logging.getLogger("serving")


def load_service() -> TableService:
    """Load the model and its code from ``/opt/ml/model``.

    Raises:
        ContainerError: when the artifact cannot be served.
    """
    logs.configure()
    loaded = artifact.read(places.base() / "model")
    image = places.own_code()
    if loaded.lock != artifact.lock_digest(image):
        log.warning("the model was trained with another %s than this image has", own_code.LOCK)
    return TableService(loaded=loaded, version=version_as_json(os.environ.get("MDLC_MODEL_VERSION")))


application = Application(load=load_service, ending=Ending())
