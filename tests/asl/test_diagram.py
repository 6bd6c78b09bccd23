import re
from xml.etree import ElementTree

from mdlc_constructs.asl.diagram import mermaid, svg
from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Fail, Map, Pass, Rule, Task

RESOURCE = "arn:aws:states:::aws-sdk:sagemaker:createModelPackage"
INNER = Machine((Pass(name="Inner"),))
MACHINE = Machine(
    (
        *StateSequence.of(
            Choice(name="Which & why?", rules=(Rule(condition="{% $a %}", next="Each"),)),
            Task(name="Register", resource=RESOURCE, next="Each"),
            Map(name="Each", items=[], processor=INNER, max_concurrency=1),
        )
        .caught(Catch(next="Record"))
        .states,
        Task(name="Record", resource="r", next="Failed"),
        Fail(name="Failed", error="e", cause="c"),
    ),
    comment="How it goes",
)


def test_svg_is_xml_that_names_every_state_and_call() -> None:
    root = ElementTree.fromstring(svg(MACHINE))
    texts = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert {state.name for state in MACHINE.walk()} <= texts
    assert "sagemaker createModelPackage" in texts
    assert [element.text for element in root if element.tag.endswith("title")] == ["How it goes"]


def test_svg_needs_nothing_from_elsewhere_and_is_the_same_each_time() -> None:
    picture = svg(MACHINE)
    assert picture == svg(MACHINE)
    assert re.findall(r"(?:href|src|@import)=?", picture) == []


def test_failures_are_red_and_dashed() -> None:
    assert svg(MACHINE).count('fill="#fdecea"') == 2
    assert "stroke-dasharray" in svg(MACHINE)
    assert "#fdecea" not in svg(Machine((Pass(name="A"),)))


def test_long_names_are_shortened_in_the_picture() -> None:
    assert "…" in svg(Machine((Pass(name="N" * 60),)))


def test_mermaid_has_every_state_and_every_way() -> None:
    text = mermaid(MACHINE)
    assert text.splitlines()[:2] == ["stateDiagram-v2", "    [*] --> s0"]
    for name, identifier in (("Which & why?", "s0"), ("Register", "s1"), ("Each", "s2"), ("Inner", "s3")):
        assert f'state "{name}" as {identifier}' in text
    for way in ("s0 --> s2", "s0 --> s1", "s1 --> s2", "s1 --> s4 : error", "s2 --> [*]", "s4 --> s5"):
        assert f"    {way}\n" in text
    assert "class s5,s4 failure" in text
