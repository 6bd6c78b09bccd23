from jobs.findings import Finding, QualityReport


def test_a_batch_passes_unless_a_finding_fails_it() -> None:
    def report(*findings: Finding) -> QualityReport:
        return QualityReport(
            model="m",
            run="r",
            workflow="training",
            data_version="d",
            rows=1,
            files={},
            findings=findings,
            columns=(),
            label={},
        )

    note = Finding(rule="unlabelled", message="a note", fails=False)
    failure = Finding(rule="leak", message="a leak", column="x")
    assert report(note).passed
    assert not report(note, failure).passed
    assert report(note, failure).reasons == ["a leak"]
    assert report(failure).to_json()["findings"][0] == {
        "rule": "leak",
        "message": "a leak",
        "fails": True,
        "column": "x",
        "rows": None,
    }
