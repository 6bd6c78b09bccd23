from pathlib import Path

from tests.docs import sessions

DOCUMENT = """
Begin:

```sh
mdlc local up
mdlc deploy \\
  --yes  # a comment stays with its command
# this is none
```

```text
ok  deploying (3.2 s)
...
Churn.BucketName = b-30bcaba279a13
```

Change it.
<!-- run: touch app.py -->

```text
output of the edit
```

```sh
mdlc audit
```
"""


def test_a_session_is_its_commands_and_the_output_after_them(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(DOCUMENT)
    first, edit, last = sessions.steps(document)
    assert first.commands == ("mdlc local up", "mdlc deploy --yes  # a comment stays with its command")
    assert first.line == 4
    assert first.shown == ("ok  deploying (3.2 s)", "Churn.BucketName = b-30bcaba279a13")
    assert (edit.commands, edit.shown) == (("touch app.py",), ("output of the edit",))
    assert (last.commands, last.shown) == (("mdlc audit",), ())


def test_numbers_and_names_may_differ_and_words_may_not() -> None:
    shown = ("ok  deploying (3.2 s)", "run  8b8cd9887faee681", "auc 0.70")
    assert (
        sessions.differences(shown, "ok  deploying (12.0 s)\nmore\nrun 0123456789abcdef\nauc 0.7 good") == []
    )
    assert sessions.differences(shown, "ok  deploying (12.0 s)\nauc 0.7\nrun 0123456789abcdef") == [
        "auc 0.70"
    ]
    assert sessions.differences(("passed",), "refused") == ["passed"]
