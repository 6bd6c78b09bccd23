"""Answers of several numbers as SQL: numbers with names are read by name, those of a list by their place.

`{"b": 0.8, "a": 0.1, "c": 0.1}` and `{"probabilities": {"b": 0.8, "a": 0.1, "c": 0.1}}` are the same answer,
in whatever order the names come.
"""

from jobs.answers import AnswerShape
from jobs.database import literal
from jobs.roles import pointer
from mdlc_constructs.settings.payloads.channels import LABEL_PREFIX

OTHER_NAMES = "mdlc-other-names:"
"""What the error of the query begins with when a line's numbers have other names; the line follows."""

_NO_NUMBERS = r'"[^"]*"\s*:|[\[\]{}"]'
"""JSON's names and brackets, as a regular expression."""

_NAMED_NUMBER = r'"[^"]*"\s*:\s*[^\[{\s]'
"""A name whose value is neither a list nor an object, as a regular expression."""

_NAMES = {"cluster": ("closest_cluster", "distance_to_cluster")}
"""The names by which SageMaker's algorithms answer, where they are not those of the shape."""

_SHOWN = 120


def several_query(lines: str, shape: AnswerShape) -> str:
    """The SQL query of ``row``, ``score`` and ``answer`` of lines with several numbers each.

    It ends with an error whose text has `OTHER_NAMES` when the numbers of a line have other names than its.

    Args:
        lines: the query of the column ``line``.
    """
    # A line that is no JSON would stop the query, and AND does not keep it from being read.
    parts = (
        "CASE WHEN json_valid(line) THEN CASE WHEN json_type(line, '$.predictions[0]') = 'OBJECT' "
        "THEN json_extract(line, '$.predictions[*]')::VARCHAR[] END END"
    )
    entries = f"SELECT unnest(coalesce({parts}, [line])) AS line FROM ({lines})"
    document = "CASE WHEN json_valid(line) THEN line END"
    documents = (
        f"SELECT line, document, json_extract(document, '$.probabilities') AS inside "
        f"FROM (SELECT line, {document} AS document FROM ({entries}))"
    )
    cases = ""
    for names in dict.fromkeys((shape.names, _NAMES.get(shape.task, shape.names))):
        listed = f"[{', '.join(map(literal, names))}]"
        pointers = f"[{', '.join(literal(pointer(name)) for name in names)}]"
        for column in ("document", "inside"):
            keys = f"json_keys({column})"
            cases += (
                f" WHEN len({keys}) = {len(names)} AND list_has_all({keys}, {listed}) "
                f"THEN json_extract_string({column}, {pointers})"
            )
    cases += _labelled_case(shape)
    bare = f"regexp_replace(line, {literal(_NO_NUMBERS)}, '', 'g')"
    refused = f"error({literal(OTHER_NAMES)} || left(line, {_SHOWN}))"
    texts = (
        f"CASE{cases} WHEN regexp_matches(line, {literal(_NAMED_NUMBER)}) THEN {refused} "
        f"ELSE string_split({bare}, ',') END"
    )
    numbers = f"list_transform({texts}, lambda number: TRY_CAST(number AS DOUBLE))"
    return (
        f"SELECT row_number() OVER () - 1 AS row, {shape.score('answer')} AS score, answer "
        f"FROM (SELECT {numbers} AS answer FROM ({documents}))"
    )


def _labelled_case(shape: AnswerShape) -> str:
    """The SQL case of BlazingText's answers, lists of classes and of probabilities, the likeliest first.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext.html
    """
    if shape.task != "multiclass":
        return ""
    labels, numbers = (f"json_extract_string(document, '$.{key}[*]')" for key in ("label", "prob"))
    wanted = ", ".join(literal(LABEL_PREFIX + name) for name in shape.names)
    return (
        " WHEN json_type(document, '$.label') = 'ARRAY' AND json_type(document, '$.prob') = 'ARRAY' "
        f"THEN list_transform([{wanted}], lambda name: {numbers}[list_position({labels}, name)])"
    )


def refusal_of(error: str, file: str, shape: AnswerShape) -> str | None:
    """The sentence about the line that an error of the query names; None for another error."""
    _, marker, line = error.partition(OTHER_NAMES)
    if not marker:
        return None
    names = ", ".join(map(repr, _NAMES.get(shape.task, shape.names)[:5]))
    more = ", ..." if len(shape.names) > 5 else ""
    return (
        f"The answers in {file} have numbers with other names, as in {line}: let the model write one number "
        f"for each of {names}{more}, by these names or as a list in this order."
    )
