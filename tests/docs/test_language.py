"""Documents say things in the words that an engineer would search for, not in pictures."""

import re
from pathlib import Path

import pytest

from tests.docs import markdown

PICTURES = {
    r"\b(alarm|which|that|it|one|what|`\w+`) (rings?|rang)\b": "goes to ALARM, is in ALARM",
    r"\b(hears?|is heard)\b": "receives, is received",
    r"\b(is|are|not) announced\b|\bannounces\b": "is published, publishes",
    r"\b(clock|schedule) (struck|strikes)\b|\bby the clock\b": "by the schedule",
    r"\bother half of the CDK|CDK's other half\b": "the jsii kernel (Node)",
    r"\b(wakes|woken|wakes up)\b": "resumes, is resumed",
    r"\b(bury|buries|buried)\b": "evicts a dead holder",
    r"\bsurroundings\b": "event rules",
    r"\bstands? in line\b|\bin line for\b|\bleaves the line\b": "waits in the queue",
    r"\bsent back\b": "rolled back",
    r"\bslow poison\b": "a small change",
}
"""What is not written, and what is written instead."""

# What is said of the past stays as it was said; and task tokens are sent back, to Step Functions.
DOCUMENTS = [document for document in markdown.documents() if document.name != "CHANGELOG.md"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=markdown.name)
def test_no_picture_stands_for_a_term(document: Path) -> None:
    text = " ".join(markdown.prose(document).split()).replace("tokens and send them back", "")
    found = {found[0]: better for picture, better in PICTURES.items() for found in re.finditer(picture, text)}
    assert found == {}
