import json
import subprocess
import sys

import pytest

from mdlc_constructs.asl.expressions import expressions_in, flaw


@pytest.mark.parametrize(
    "expression",
    [
        "{% $states.input.a[b > 1].c & 'x' %}",
        "{% $merge([$states.input, {'a': $count($x)}]) %}",
        "{% $map($y, function($v){ $v.z * 2 }) %}",
        "{% 's3://${Bucket}/' & $key %}",
        '{% $number("${Threshold}") > 1 %}',
        "{%$exists($plan.names.`Train`)%}",
    ],
)
def test_what_aws_parses_is_accepted(expression: str) -> None:
    assert flaw(expression) is None


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("{% $a & %}", "is no valid JSONata"),
        ("{% $f( %}", "is no valid JSONata"),
        ("{% 'a %}", "is no valid JSONata"),
        ("{% 1 ", "does not end with '%}'"),
        ("{% ${Threshold} > 1 %}", "write ${Threshold} inside quotes"),
        ("{% $plan.${Step} %}", "is no valid JSONata"),
    ],
)
def test_what_aws_refuses_is_said(expression: str, said: str) -> None:
    assert said in str(flaw(expression))


def test_expressions_are_found_in_a_definition() -> None:
    texts = ["{% $a & \"quoted \\ 'both'\" %}", "plain", "in the {% middle %}", "{% $b"]
    assert expressions_in(json.dumps({"x": texts})) == {texts[0], texts[3]}


def test_the_parser_is_loaded_only_when_something_is_parsed() -> None:
    program = (
        "import sys, mdlc_constructs.asl.checks, mdlc_constructs.tasks.training as t\n"
        "assert 'jsonata' not in sys.modules and 'aws_cdk' not in sys.modules\n"
        "from mdlc_constructs.asl.expressions import flaw\n"
        "assert flaw('{% 1 %}') is None and 'jsonata' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
