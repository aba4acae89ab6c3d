"""What an artist points at is read as they write it, and refused where it points at nothing."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.contract.errors import JobError
from actanywhere.seeing.hints import read_boxes, read_hint, read_points, read_strokes

SIZE = (100, 200)


def test_boxes_and_points_may_be_several_and_are_cut_to_the_picture() -> None:
    assert read_boxes("10,20,30,40", SIZE) == ((10, 20, 30, 40),)
    assert read_boxes(" 10 20 30 40 ; 180,90,50,50", SIZE) == ((10, 20, 30, 40), (180, 90, 20, 10))
    assert read_points("199,99; 0.5,0", SIZE) == ((199, 99), (0.5, 0))
    assert read_boxes("", SIZE) == () and read_points("", SIZE) == ()


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "1,2,3,4,5", "1,2,nan,4"])
def test_a_box_of_another_form_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(JobError, match="x,y,width,height"):
        read_boxes(text, SIZE)


def test_a_box_or_a_point_beside_the_picture_is_refused_with_the_pictures_size() -> None:
    with pytest.raises(JobError, match="200x100"):
        read_boxes("300,20,30,40", SIZE)
    with pytest.raises(JobError, match="200x100"):
        read_points("200,50", SIZE)


def test_green_and_white_strokes_say_who_goes_and_red_ones_what_stays() -> None:
    strokes = np.zeros((*SIZE, 4), np.float32)
    strokes[..., 3] = 1
    strokes[10:20, 10:60, :3] = (0, 1, 0)
    strokes[30:40, 10:60, :3] = 1
    strokes[50:60, 10:60, :3] = (1, 0, 0)
    strokes[70:80, 10:60] = (0, 1, 0, 0)  # transparent
    goes, stays = read_strokes(strokes)
    assert goes[10:20, 10:60].all() and goes[30:40, 10:60].all() and goes.sum() == 1000
    assert stays[50:60, 10:60].all() and stays.sum() == 500
    hint = read_hint("", "", strokes, SIZE)
    assert hint is not None and hint.goes is not None


def test_a_scribble_without_a_stroke_is_refused() -> None:
    with pytest.raises(JobError, match="no green or white stroke"):
        read_strokes(np.zeros((*SIZE, 4), np.float32))
    with pytest.raises(JobError, match="white nearly everywhere"):
        read_strokes(np.ones((*SIZE, 4), np.float32))


def test_without_any_word_there_is_no_hint() -> None:
    assert read_hint("", "", None, SIZE) is None
