import pytest

from mdlc_constructs.settings.classes import check_classes


@pytest.mark.parametrize(
    ("classes", "kind"),
    [
        (("a", "b", "c"), "category"),
        (("1", "2.0", "3"), "integer"),
        (("1", "2.5", "-3"), "number"),
        (("01", "1", "true"), "text"),
    ],
)
def test_classes_that_the_label_can_have(classes: tuple[str, ...], kind: str) -> None:
    check_classes(classes, kind)


@pytest.mark.parametrize(
    ("classes", "kind", "said"),
    [
        (("a", "b"), "category", "at least three; two are a binary task"),
        (("1", "1.0", "3"), "category", "classes='1.0': is read as the same value as '1'"),
        (("a", "b", "c"), "integer", "classes='a': the label is of type 'integer' and never has this value"),
        (("1", "2", "2.5"), "integer", "classes='2.5': the label is of type 'integer'"),
        (("1", "2", "03"), "number", "classes='03': the label is of type 'number'"),
        (("1", "2", "inf"), "number", "classes='inf': the label is of type 'number'"),
        (("a", "b", "c"), "boolean", "label='boolean': a multiclass task needs a label of type"),
        (("a", "b", "c" * 200), "text", "names of at most 128 characters"),
        (tuple(map(str, range(1001))), "integer", "give at most 1000 classes"),
    ],
)
def test_classes_that_it_cannot_have_are_refused(classes: tuple[str, ...], kind: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_classes(classes, kind)
