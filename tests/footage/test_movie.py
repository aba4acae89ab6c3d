from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from actanywhere.contract.errors import FootageError, OutputError
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.footage import MovieWriter, open_matte, open_plate
from actanywhere.footage.movie import MovieReader
from tests.footage.ffmpeg import FFMPEG, ffmpeg, needs_ffmpeg
from tests.footage.pictures import write_movie

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"


def numbered(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """Flat pictures whose level is their number."""
    return [np.full((height, width, 3), 0.1 + 0.8 * n / count, np.float32) for n in range(count)]


def level(pixels: np.ndarray) -> float:
    return float(pixels.mean())


@pytest.fixture
def long_movie(tmp_path: Path) -> Path:
    """40 pictures of H.264 with B frames and a key frame in every 12."""
    return write_movie(
        tmp_path / "a.mp4", numbered(40), "libx264", "yuv420p", options={"g": "12", "crf": "4"}
    )


def test_a_movies_first_picture_has_the_number_that_the_shot_says(long_movie: Path) -> None:
    plate = open_plate(ImageSequence(str(long_movie), first_frame=1001))
    assert plate.frames == FrameRange(1001, 1040)
    assert level(plate.read(1001).pixels) == pytest.approx(0.1, abs=0.01)
    assert level(plate.read(1040).pixels) == pytest.approx(0.1 + 0.8 * 39 / 40, abs=0.01)


def test_any_order_of_reading_gives_the_right_picture(long_movie: Path) -> None:
    movie = MovieReader(str(long_movie))
    for number in (0, 1, 2, 30, 29, 5, 5, 39, 0, 13, 12, 11, 38):
        assert level(movie.read(number)[0]) == pytest.approx(0.1 + 0.8 * number / 40, abs=0.008), number


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_a_movie_may_be_entered_at_any_picture_also_just_before_a_key_frame(
    tmp_path: Path, ending: str
) -> None:
    """A key frame is decoded before the pictures that are shown before it, and a seek by that time misses them."""
    options = {"g": "40", "keyint_min": "40", "bf": "3", "crf": "4", "sc_threshold": "0"}
    path = write_movie(
        tmp_path / f"a.{ending}", numbered(100), "libx264", "yuv420p", options={**options, "flags": "-cgop"}
    )
    for number in (36, 37, 38, 39, 40, 41, 77, 78, 79, 80, 99):
        found = level(MovieReader(str(path)).read(number)[0])
        assert found == pytest.approx(0.1 + 0.8 * number / 100, abs=0.0039), number


def test_reading_in_order_decodes_every_picture_once(
    long_movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = MovieReader(str(long_movie))
    seeks = []
    container = movie._pictures._container

    class Counted:
        def seek(self, *args: object, **kwargs: object) -> None:
            seeks.append(args)
            container.seek(*args, **kwargs)  # type: ignore[arg-type]

        def decode(self, stream: object) -> object:
            return container.decode(stream)  # type: ignore[arg-type]

    monkeypatch.setattr(movie._pictures, "_container", Counted())
    for number in range(40):
        movie.read(number)
    assert not seeks


def test_ten_bit_prores_keeps_more_than_eight_bits(tmp_path: Path) -> None:
    # Codes 64 to 940 of 10 bit, as they are: no scaler of ours or of FFmpeg's takes part.
    codes = np.linspace(64, 940, 877).round().astype("<u2")[None].repeat(64, 0)
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=24, options={"profile": "3", "qscale": "1"})
        stream.width, stream.height, stream.pix_fmt = 876, 64, "yuv422p10le"
        frame = av.VideoFrame(876, 64, "yuv422p10le")
        for number, plane in enumerate(frame.planes):
            room = np.full((64, plane.line_size // 2), 512, "<u2")
            if number == 0:
                room[:, :876] = codes[:, :876]
            plane.update(room.tobytes())
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    pixels = open_plate(ImageSequence(str(path))).read(1001).pixels
    error = np.abs(pixels[..., 1] - (codes[:, :876] - 64.0) / 876)
    assert error.max() < 2.1 / 876 and error.mean() < 0.6 / 876
    assert len(np.unique(pixels[0, :, 1])) > 600


def test_colours_of_a_tagged_hd_movie_are_right_and_nothing_is_assumed(tmp_path: Path) -> None:
    colours = np.float32([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.5, 0.5, 0.5]])
    picture = np.repeat(colours, 320, axis=0)[None].repeat(720, 0)
    path = write_movie(tmp_path / "a.mov", [picture])
    plate = open_plate(ImageSequence(str(path)))
    assert np.abs(plate.read(1001).pixels[360, 160::320] - colours).max() < 0.01
    assert plate.warnings == [] and plate.info.space == "rec709"


def test_an_untagged_hd_movie_is_taken_as_bt709_and_says_so(tmp_path: Path) -> None:
    colours = np.float32([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    picture = np.repeat(colours, 640, axis=0)[None].repeat(720, 0)
    path = write_movie(tmp_path / "a.mp4", [picture], "libx264", "yuv420p", tagged=False)
    plate = open_plate(ImageSequence(str(path)))
    assert any("BT.709" in warning for warning in plate.warnings)
    assert np.abs(plate.read(1001).pixels[360, 320::640] - colours).max() < 0.02


def test_a_range_beyond_the_movie_is_refused(long_movie: Path) -> None:
    with pytest.raises(FootageError, match="1030-1050 are asked for, but the movie holds 1001-1040"):
        open_plate(ImageSequence(str(long_movie)), FrameRange(1030, 1050))


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_truncated_movie_is_refused(long_movie: Path, share: float) -> None:
    data = long_movie.read_bytes()
    long_movie.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FootageError, match=r"a\.mp4: the movie cannot be read"):
        open_plate(ImageSequence(str(long_movie)))


def test_a_movie_that_ends_early_names_the_picture(tmp_path: Path) -> None:
    path = write_movie(
        tmp_path / "a.mov", numbered(20), "libx264", "yuv420p", options={"g": "5", "movflags": "faststart"}
    )
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start + (len(data) - start) // 2 :] = bytes(len(data) - start - (len(data) - start) // 2)
    path.write_bytes(bytes(data))
    with pytest.raises(FootageError, match="movie cannot be read"), open_plate(ImageSequence(str(path))) as p:  # noqa: PT012
        for frame in p.frames:
            p.read(frame)


def test_a_movie_of_the_matte_is_read_with_solid_black_and_white(tmp_path: Path) -> None:
    picture = np.zeros((48, 64, 3), np.float32)
    picture[10:30, 16:48] = 1
    plate = open_plate(ImageSequence(str(write_movie(tmp_path / "p.mov", numbered(3)))))
    matte = write_movie(tmp_path / "m.mov", [picture] * 3, options={"profile": "3", "qscale": "1"})
    values = open_matte(Matte(str(matte)), plate).read(1002)
    assert values[14:26, 22:42].min() == 1.0 and values[36:].max() == 0.0


def test_the_alpha_of_a_movie_is_its_matte(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "p.mov", numbered(2), "prores_ks", "yuva444p10le", options={"profile": "4"})
    plate = open_plate(ImageSequence(str(path)))
    assert open_matte(Matte(), plate).read(1001).min() == 1.0


def test_a_movies_timecode_counts_on_with_its_frames(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "p.mov", numbered(3), metadata={"timecode": "01:00:00:23"})
    plate = open_plate(ImageSequence(str(path)))
    assert plate.info.fps == Fraction(24000, 1001)
    assert plate.read(1001).attributes == {"smpte:TimeCode": ("timecode", (0x01000023, 0))}
    assert plate.read(1003).attributes == {"smpte:TimeCode": ("timecode", (0x01000101, 0))}


@pytest.mark.parametrize(("name", "bound"), [("r.mov", 0.001), ("r.mp4", 0.004)])
def test_a_written_movie_reads_back_as_it_was_without_warnings(
    tmp_path: Path, name: str, bound: float
) -> None:
    y, x = np.mgrid[:720, :1280].astype(np.float32)
    picture = np.stack([x / 1280, y / 720, 0.5 + 0 * x], axis=-1)
    with MovieWriter(str(tmp_path / name), Fraction(24000, 1001), pixel_aspect=2.0) as movie:
        assert not (tmp_path / name).exists()
        for _ in range(3):
            movie.write(picture)
    plate = open_plate(ImageSequence(str(tmp_path / name)))
    assert len(plate.frames) == 3 and plate.warnings == []
    assert plate.info.space == "srgb"
    assert plate.info.fps == Fraction(24000, 1001) and plate.info.pixel_aspect == 2.0
    assert np.abs(plate.read(1002).pixels - picture).mean() < bound
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_odd_sizes_are_made_even(tmp_path: Path) -> None:
    with MovieWriter(str(tmp_path / "r.mp4"), 24) as movie:
        movie.write(np.full((33, 51, 3), 0.5, np.float32))
    info = open_plate(ImageSequence(str(tmp_path / "r.mp4"))).info
    assert (info.width, info.height) == (52, 34)


def test_a_movie_that_was_given_up_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), MovieWriter(str(tmp_path / "r.mov"), 24) as movie:  # noqa: PT012
        movie.write(np.full((32, 32, 3), 0.5, np.float32))
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_movie_format_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.avi"):
        MovieWriter(str(tmp_path / "r.avi"), 24)


@pytest.mark.skipif(not FOOTAGE.is_dir(), reason="shared/footage is not here")
def test_a_real_clip_is_read_to_its_end() -> None:
    with open_plate(ImageSequence(str(FOOTAGE / "tears_of_steel_clip.mp4"))) as plate:
        last = plate.read(plate.frames.last).pixels
        assert last.shape == (plate.info.height, plate.info.width, 3) and last.std() > 0.01


@needs_ffmpeg
@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_an_avi_with_b_frames_whose_packets_have_no_times_is_read_in_the_order_it_is_shown(
    tmp_path: Path, codec: str
) -> None:
    grey = "geq=lum='16+8*N':cb=128:cr=128"
    path = ffmpeg(tmp_path / "a.avi", "-vf", grey, "-c:v", codec, "-bf", "2", "-qscale", "2", frames=20)
    movie = MovieReader(str(path))
    assert movie.count == 20
    for number in (0, 1, 2, 3, 10, 19, 4, 18):  # luma 16 + 8n of 16..235
        assert level(movie.read(number)[0]) == pytest.approx(8 * number / 219, abs=0.012), number


@needs_ffmpeg
def test_a_variable_frame_rate_is_told_with_what_an_even_one_would_have(tmp_path: Path) -> None:
    drop = ["-vf", "select='not(eq(n,3)+eq(n,4))'", "-fps_mode", "vfr"]
    path = ffmpeg(tmp_path / "a.mp4", *drop, "-c:v", "libx264", frames=8)
    with open_plate(ImageSequence(str(path))) as plate:
        assert len(plate.frames) == 8
        assert any("At an even rate they would be 10, not 8" in text for text in plate.warnings)


@needs_ffmpeg
def test_a_movie_that_an_edit_list_begins_later_has_the_pictures_that_are_shown(tmp_path: Path) -> None:
    grey = ["-vf", "geq=lum='16+8*N':cb=128:cr=128", "-c:v", "libx264", "-bf", "2", "-g", "25", "-qp", "1"]
    whole = ffmpeg(tmp_path / "whole.mp4", *grey, frames=20)
    cut = tmp_path / "cut.mp4"
    words = [str(FFMPEG), "-v", "error", "-ss", "0.2", "-i", str(whole), "-c", "copy", str(cut)]
    subprocess.run(
        words, check=True, timeout=60
    )  # stream copy: from the key frame, with an edit list before 0.2 s
    with open_plate(ImageSequence(str(cut))) as plate:
        assert len(plate.frames) == 15
        assert level(plate.read(1001).pixels) == pytest.approx(8 * 5 / 219, abs=0.012)
        assert level(plate.read(1015).pixels) == pytest.approx(8 * 19 / 219, abs=0.012)


@needs_ffmpeg
def test_two_takes_in_one_file_have_the_rate_of_both(tmp_path: Path) -> None:
    take, both = ffmpeg(tmp_path / "a.mp4", "-c:v", "libx264", rate="24", frames=40), tmp_path / "both.mp4"
    (tmp_path / "list.txt").write_text(f"file {take.name}\nfile {take.name}\n")
    words = [
        str(FFMPEG),
        "-v",
        "error",
        "-f",
        "concat",
        "-i",
        str(tmp_path / "list.txt"),
        "-c",
        "copy",
        str(both),
    ]
    subprocess.run(words, check=True, timeout=60)
    with open_plate(ImageSequence(str(both))) as plate:
        assert plate.info.fps == 24 and len(plate.frames) == 80
