from jobs.channels.report import ChannelProfile, ChannelsReport
from jobs.pages.channels import MAX_CLASSES, classes_picture, to_html


def profile(**classes: int) -> ChannelProfile:
    return ChannelProfile(
        name="train", objects=1, size=1, examples=1, refused=0, repeated=0, classes=dict(classes)
    )


def test_a_bar_is_as_long_as_its_share_of_the_most_frequent_class() -> None:
    picture = classes_picture(profile(cat=40, dog=10))
    widths = [float(shape.attributes["width"] or 0) for shape in picture.shapes if shape.tag == "rect"]
    assert widths[1] == widths[0] / 4


def test_of_many_classes_the_most_frequent_are_shown_and_the_others_together() -> None:
    classes = {f"class{place:02d}": 100 - place for place in range(MAX_CLASSES + 5)}
    texts = [shape.text for shape in classes_picture(profile(**classes)).shapes if shape.tag == "text"]
    others = sum(100 - place for place in range(MAX_CLASSES, MAX_CLASSES + 5))
    assert texts[-2:] == ["5 others", str(others)]


def test_names_of_classes_are_data() -> None:
    hostile = profile(**{"<script>alert(1)</script>": 1})
    report = ChannelsReport(
        model="m", run="r", workflow="training", data_version="v", findings=[], channels=[hostile]
    )
    assert "<script>" not in to_html(report)
