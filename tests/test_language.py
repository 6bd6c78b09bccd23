"""Names and sentences in the words that an engineer would search for: the table "Language" of the design."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_architecture import ROOT

ROOMS = (
    *(
        "mdlc_constructs",
        "mdlc_cli",
        "mdlc_client",
        "mdlc_local",
        "lambdas",
        "jobs",
        "stacks",
        "examples",
        "benchmarks",
    ),
    *("scripts", "containers/python"),
)
"""Where the table holds."""

ON_THE_WIRE = {
    "mdlc_constructs/settings/payloads/monitoring.py": {"announced"},
    "mdlc_constructs/settings/payloads/retraining.py": {"noted", "gathered"},
}
"""Keys that keep their names: of executions that run over a deployment, and of items that are kept."""

BARE = {
    **dict.fromkeys(
        ("told", "given", "found", "made", "one"), "the noun it holds: config, request, rows, model"
    ),
    "chance": "p_value",
}
"""What is no whole name, and what is a name instead. A leading underscore makes no difference."""

PARTS = {
    **dict.fromkeys(("LONGEST", "MOST", "LARGEST"), "MAX_"),
    **dict.fromkeys(("SHORTEST", "LEAST", "FEWEST"), "MIN_"),
    **dict.fromkeys(("bury", "buried"), "evict_dead_holder"),
    **dict.fromkeys(("tell", "tells", "telling"), "send_task_success, report"),
    **dict.fromkeys(("wake", "wakes", "waking", "woken"), "resume"),
    **dict.fromkeys(("noted", "noting"), "record, PendingTrigger"),
    **dict.fromkeys(("gather", "gathered", "gathering"), "coalesce_triggers"),
    "surroundings": "event_rules",
    **dict.fromkeys(("ringing", "rings"), "ALARM: active_alarms"),
    **dict.fromkeys(("heard", "hears"), "received"),
    **dict.fromkeys(("announce", "announces", "announced", "announcing"), "publish"),
}
"""What is no word of a name, and what is one instead. Constants are written in capitals here."""

WHOLE = {"put_off": "requeue", "rest_lease": "release_capacity"}
"""Names that are not given, and what is given instead."""

PHRASES = {
    r"\balarms? (that )?(rings?|rang)\b|\brings (an|the) alarm\b": "goes to ALARM, is in ALARM",
    r"\bis heard\b": "is received",
    r"\b(is|are) announced\b": "is published",
    r"\bclock struck\b|\bby the clock\b": "scheduled trigger, on a schedule",
    r"\bCDK's other half\b|\bother half of the CDK\b": "the jsii kernel (Node)",
    r"\bleaves the line\b|\bstands? in line\b": "is removed from the queue, waits in the queue",
    r"\b(is|are|was) woken\b": "is resumed",
    r"\b(release|version|one) (that )?(is|was) sent back\b|\bsends (it|the release) back\b": "is rolled back",
    r"^\s*:(param|raises|returns?|rtype|ivar)\b": "a section of Google's style: Args, Raises, Returns",
}
"""What no docstring and no text says, and what it says instead."""


def modules() -> dict[str, Path]:
    return {
        path.relative_to(ROOT).as_posix(): path
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
    }


def names(tree: ast.Module) -> Iterator[str]:
    """Every name that a module gives: to classes, functions, parameters, variables and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=str(name)) | ast.FunctionDef(name=str(name)):
                yield name
            case ast.AsyncFunctionDef(name=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def better_name(name: str) -> str | None:
    """What a name should be instead, or None when it is right."""
    bare = name.strip("_")
    if bare.lower() in BARE:
        return BARE[bare.lower()]
    if bare.lower() in WHOLE:
        return WHOLE[bare.lower()]
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    if name.upper() != name:
        words = [word.lower() for word in words]
    return next((PARTS[word] for word in words if word in PARTS), None)


def better_phrase(text: str) -> str | None:
    """What a text should say instead, or None when it is right."""
    flat = "\n".join(" ".join(line.split()) for line in text.splitlines())
    return next((better for phrase, better in PHRASES.items() if re.search(phrase, flat, re.MULTILINE)), None)


def faults(module: str, source: str) -> list[str]:
    """The names and texts of a module that are not in the words of the table, each with better ones."""
    tree = ast.parse(source)
    wrong = {
        name: better
        for name in (*names(tree), *Path(module).with_suffix("").parts)
        if (better := better_name(name))
    }
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    wrong = {name: better for name, better in wrong.items() if name not in ON_THE_WIRE.get(module, ())}
    wrong |= {text: better for text in texts if isinstance(text, str) and (better := better_phrase(text))}
    return [f"{module}: {what!r} should be {better}" for what, better in wrong.items()]


def test_names_and_texts_are_in_the_fields_words() -> None:
    assert [
        fault
        for module, path in modules().items()
        for fault in faults(module, path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize(
    ("source", "better"),
    [
        ("def plan(told): ...", "the noun it holds"),
        ("for one in rows: pass", "the noun it holds"),
        ("class Found: ...", "the noun it holds"),
        ("try: ...\nexcept ValueError as found: ...", "the noun it holds"),
        ("self.made = 1", "the noun it holds"),
        ("_LONGEST_NAME = 1", "MAX_"),
        ("SHORTEST = 1", "MIN_"),
        ("def wake_rule(): ...", "resume"),
        ("def announceStart(): ...", "publish"),
        ("chance = 0.05", "p_value"),
        ("async def put_off(): ...", "requeue"),
        ("'''The alarm rings.'''", "goes to ALARM"),
        ("say(f'Started by the clock at {hour}')", "scheduled trigger"),
        ("'''What is given.\n\n    :param x: a number.\n'''", "a section of Google's style"),
        ("'''It runs on the CDK's other half.'''", "the jsii kernel (Node)"),
    ],
)
def test_a_fault_is_found_with_what_is_better(source: str, better: str) -> None:
    (fault,) = faults("rooms/module.py", source)
    assert f" should be {better}" in fault


@pytest.mark.parametrize("module", ["mdlc_local/gathering.py", "mdlc_constructs/surroundings.py"])
def test_a_module_is_named_as_its_members_are(module: str) -> None:
    assert len(faults(module, "")) == 1


def test_words_with_another_meaning_are_no_faults() -> None:
    source = (
        "def at_least(rest, one_node, most, string, is_found, least_rows): '''The rest, given and found.'''"
    )
    assert faults("rooms/module.py", source) == []


@pytest.mark.parametrize("package", ["mdlc_constructs", "mdlc_cli", "mdlc_local"])
def test_no_two_classes_of_a_package_share_a_name(package: str) -> None:
    classes = Counter(
        node.name
        for path in (ROOT / package).rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, number in classes.items() if number > 1] == []
