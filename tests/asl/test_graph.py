from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.foreign import Foreign
from mdlc_constructs.asl.graph import failure_path, name_findings, structure_findings, trace_findings
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice, Fail, Map, Pass, Rule, State, Succeed, Task

RECORD = Task(name="Record", resource="r", next="Failed")
FAILED = Fail(name="Failed", error="e", cause="c")
CAUGHT = (Catch(next="Record"),)


def found(*states: State) -> list[str]:
    machine = Machine(states)
    return [*name_findings(machine), *structure_findings(machine), *trace_findings(machine)]


def test_a_sound_machine_has_no_findings() -> None:
    assert (
        found(Task(name="A", resource="r", catch=CAUGHT, next="B"), Succeed(name="B"), RECORD, FAILED) == []
    )


def test_names_twice_too_long_or_empty() -> None:
    inner = Machine((Pass(name="A"),))
    nested = Map(name="M", items=[], processor=inner, max_concurrency=1)
    machine = Machine((Pass(name="A", next="M"), nested, Pass(name="B" * 81), Pass(name="")))
    said = list(name_findings(machine))
    assert said[0].startswith("State 'A' occurs twice; names are unique in the whole machine")
    assert "has 81 characters" in said[1]
    assert "has 0 characters" in said[2]


def test_targets_that_do_not_exist_are_named() -> None:
    rule = Rule(condition="{% true %}", next="Nowhere")
    said = found(Choice(name="A", rules=(rule,), default="B"), Pass(name="B", next="Gone"))
    assert said[:2] == [
        "State 'A' goes to 'Nowhere', which does not exist beside it.",
        "State 'B' goes to 'Gone', which does not exist beside it.",
    ]


def test_states_cannot_reach_into_a_nested_machine() -> None:
    nested = Map(
        name="M", items=[], processor=Machine((Pass(name="In", next="M"),)), max_concurrency=1, catch=CAUGHT
    )
    said = found(nested, RECORD, FAILED)
    assert said[0] == "State 'In' goes to 'M', which does not exist beside it."


def test_states_never_reached_and_machines_that_never_end() -> None:
    assert found(Pass(name="A"), Pass(name="B")) == ["State 'B' is never reached; link it, or leave it out."]
    loop = found(Pass(name="A", next="B"), Pass(name="B", next="A"))
    assert loop == ["No state after 'A' ends the machine; leave next unset on the last one."]
    elsewhere = structure_findings(Machine((Pass(name="A"),), start="Z"))
    assert next(elsewhere) == "The machine starts at 'Z', which does not exist."


def test_no_state_can_fail_without_a_trace() -> None:
    (said,) = found(Task(name="A", resource="r"))
    assert said.startswith("State 'A' can fail without a trace; add Catch(next=...)")
    foreign = Foreign(name="A", body={"Type": "Task", "Resource": "r", "End": True})
    assert found(foreign)[0].startswith("State 'A' can fail without a trace")


def test_a_trace_is_left_before_the_end() -> None:
    (said,) = found(Task(name="A", resource="r", catch=(Catch(next="Failed"),)), FAILED)
    assert said == "Errors are caught by 'Failed', which ends the machine before any task has recorded them."


def test_handling_a_failure_needs_no_catch_but_recovering_from_one_does() -> None:
    rule = Rule(condition="{% $bad %}", next="Record")
    verdict = Choice(name="V", rules=(rule,), default="Done")
    assert found(verdict, Succeed(name="Done"), RECORD, FAILED) == []
    back = Task(name="A", resource="r", catch=(Catch(next="B"),), next="B")
    (said,) = found(back, Task(name="B", resource="r"))
    assert said.startswith("State 'B' can fail without a trace")


def test_failure_path_is_what_leads_nowhere_but_to_a_fail_or_follows_an_error() -> None:
    rule = Rule(condition="{% $bad %}", next="Record")
    clean_up = Pass(name="CleanUp")
    task = Task(name="A", resource="r", catch=(Catch(next="CleanUp"),), next="V")
    machine = Machine(
        (task, Choice(name="V", rules=(rule,), default="Z"), Pass(name="Z"), RECORD, FAILED, clean_up)
    )
    assert failure_path(machine) == {"Record", "Failed", "CleanUp"}
