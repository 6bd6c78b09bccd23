import pytest

from serving.bodies import RequestError
from serving.service import Service


def total(rows: list[list[float]]) -> list[float]:
    if rows[0] == [13.0]:
        raise ValueError("Thirteen brings bad luck.")
    return [sum(row) for row in rows]


SERVICE = Service(predict=total, version="7")
PREPARING = Service(predict=total, version="7", prepare=lambda body: [[float(len(body))]])
JSON_LINES = "application/jsonlines"


def test_csv_is_answered_with_csv() -> None:
    assert SERVICE.answer(b"1,2\n3,4", "text/csv; charset=utf-8", "*/*") == ("text/csv", b"3.0\n7.0\n")
    assert SERVICE.answer(b"1", "", "") == ("text/csv", b"1.0\n")


def test_raw_rows_are_answered_with_score_and_version() -> None:
    kind, answer = PREPARING.answer(b"{}", JSON_LINES, "")
    assert (kind, answer) == (JSON_LINES, b'{"score": 2.0, "version": 7}\n')


def test_the_other_form_can_be_asked_for() -> None:
    assert SERVICE.answer(b"1", "text/csv", JSON_LINES)[0] == JSON_LINES
    assert PREPARING.answer(b"{}", JSON_LINES, "text/csv; q=1") == ("text/csv", b"2.0\n")


@pytest.mark.parametrize(
    ("service", "remedy"), [(SERVICE, "pack the feature program"), (PREPARING, "or text/csv")]
)
def test_an_unknown_content_type_is_refused(service: Service, remedy: str) -> None:
    with pytest.raises(RequestError, match=remedy) as refused:
        service.answer(b"<row/>", "text/xml", "")
    assert refused.value.status == 415


def test_what_the_model_refuses_is_the_callers() -> None:
    with pytest.raises(RequestError, match="bad luck") as refused:
        SERVICE.answer(b"13", "text/csv", "")
    assert refused.value.status == 400


def test_a_model_that_leaves_rows_out_is_broken() -> None:
    broken = Service(predict=lambda rows: [1.0], version="null")
    with pytest.raises(RuntimeError, match="1 answers to 2 rows"):
        broken.answer(b"1\n2", "text/csv", "")
