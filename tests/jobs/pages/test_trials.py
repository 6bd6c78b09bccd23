from typing import Any

from jobs.pages.trials import by_parameter, progress


def tuning(*values: float | None, direction: str = "Minimize", **texts: list[str]) -> dict[str, Any]:
    trials = [
        {
            "name": f"t-{number}",
            "value": value,
            "hyperparameters": {name: given[number] for name, given in texts.items()},
        }
        for number, value in enumerate(values)
    ]
    return {"metric": "validation:loss", "direction": direction, "best": "t-1", "trials": trials}


def kinds(picture: Any, tag: str) -> list[str]:
    return [shape.attributes["class"] for shape in picture.shapes if shape.tag == tag]


def test_the_best_so_far_falls_and_a_trial_without_a_metric_is_marked() -> None:
    picture = progress(tuning(0.5, 0.2, None, 0.4))
    assert picture is not None
    (line,) = [shape for shape in picture.shapes if shape.tag == "polyline"]
    heights = [float(point.split(",")[1]) for point in str(line.attributes["points"]).split()]
    # Down on the page is lower, and the last trial is no better than the second.
    assert heights[0] < heights[1] == heights[2]
    assert kinds(picture, "circle") == ["now", "bad", "now"]
    assert [shape.text for shape in picture.shapes if shape.text == "×"] == ["×"]
    rising = progress(tuning(0.5, 0.7, 0.6, direction="Maximize"))
    assert rising is not None and "best one so far" in rising.about


def test_without_a_metric_there_is_no_picture() -> None:
    assert progress(tuning(None, None)) is None
    assert by_parameter(tuning(None, None, eta=["1", "2"])) == []


def test_each_parameter_has_a_picture_with_its_own_axis() -> None:
    pictures = by_parameter(
        tuning(0.5, 0.2, 0.4, eta=["0.001", "0.1", "0.5"], booster=["dart", "gbtree", "dart"], one=["1"] * 3)
    )
    assert [picture.about.split()[5] for picture in pictures] == ["booster,", "eta,", "one,"]
    booster, eta, one = (
        [float(str(shape.attributes["cx"])) for shape in picture.shapes if shape.tag == "circle"]
        for picture in pictures
    )
    assert booster[0] == booster[1] != booster[2]
    # On a logarithmic axis 0.1 is nearer to 0.5 than to 0.001; the best trial is drawn last.
    first, last, best = eta
    assert last - best < best - first
    assert len(set(one)) == 1
    texts = [shape.text for picture in pictures for shape in picture.shapes if shape.text]
    assert "0.5 (log)" in texts and "dart" in texts
