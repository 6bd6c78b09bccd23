"""What a judgement comes to."""

from dataclasses import dataclass

PROMOTE, DROP, UNDECIDED = "promote", "drop", "undecided"
"""Take over; speaks against the version; too little is known to say anything."""


@dataclass(frozen=True)
class Verdict:
    """A judgement.

    Attributes:
        decision: `PROMOTE`, `DROP` or `UNDECIDED`.
        error: the failure's name; empty for a version that takes over.
        summary: a sentence with the numbers.
    """

    decision: str
    error: str
    summary: str

    def to_answer(self) -> dict[str, str]:
        """As the machine reads it."""
        return {"decision": self.decision, "error": self.error, "summary": self.summary}
