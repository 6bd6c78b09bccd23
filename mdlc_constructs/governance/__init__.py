"""Checks of stacks by cdk-nag, with this library's own findings acknowledged, each with its reason."""

from typing import TYPE_CHECKING

from mdlc_constructs.exports import lazily

if TYPE_CHECKING:
    from mdlc_constructs.governance.nag import add_nag as add_nag

__getattr__, __dir__ = lazily(__name__)
