"""COLMAP at work: features of the frames, their matches, and the model that grows from them.

Its SIFT runs on the CPU: its GPU features carry a non-commercial licence. One pinhole camera and no lens distortion:
left free on a short shot, it runs away and bends everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .alignment import Frame

_FEATURES = 3000
_OFFSETS = (*range(1, 11), 16, 32, 64, 128, 256, 512)
"""Frames that lie so far apart are matched."""
_CHUNK = 6
_WIDTH = 960
"""Of the pictures for which COLMAP's tolerances are meant."""
_GENERAL = (2, 3)
"""COLMAP's kinds of image pairs that have parallax (calibrated, uncalibrated); 4 to 6 are planar or panoramic."""
_SEED = 20
_SHARES = (0.1, 0.45, 0.45)
"""Of the time: finding features, matching them, and the solve itself."""

Step = Callable[[float], None]


def write_frames(folder: Path, frame: Frame, count: int) -> tuple[int, int]:
    """The frames and masks as COLMAP reads them; their height and width."""
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    size = (0, 0)
    for index in range(count):
        picture, matte = frame(index)
        size = matte.shape[0], matte.shape[1]
        rim = 2 * round(4 * size[1] / _WIDTH) + 1
        grown = np.asarray(cv2.dilate((matte > 10).astype(np.uint8), np.ones((rim, rim), np.uint8)))
        cv2.imwrite(str(folder / "images" / _name(index)), np.ascontiguousarray(picture[..., ::-1]))
        cv2.imwrite(str(folder / "masks" / f"{_name(index)}.png"), (1 - grown) * 255)
    return size


def _name(index: int) -> str:
    return f"{index:06d}.png"


def _chunks(count: int) -> Iterator[range]:
    for first in range(0, count, _CHUNK):
        yield range(first, min(count, first + _CHUNK))


@dataclass
class Mapping:
    """COLMAP at work in ``folder``, part by part, so that it can be followed and stopped."""

    colmap: Any
    folder: Path
    size: tuple[int, int]
    count: int
    focal: float | None
    step: Step

    def __post_init__(self) -> None:
        self.database, self.images = str(self.folder / "database.db"), str(self.folder / "images")

    def match(self) -> float:
        """Features and their matches; the share of image pairs that have parallax."""
        self.colmap.set_random_seed(_SEED)
        self._extract()
        self._match()
        pairs = self.colmap.Database.open(self.database).read_two_view_geometries()[1]
        kinds = [kind for pair in pairs if (kind := int(pair.config)) > 1]
        return sum(kind in _GENERAL for kind in kinds) / max(1, len(kinds))

    def _extract(self) -> None:
        reader = self.colmap.ImageReaderOptions()
        reader.mask_path, reader.camera_model = str(self.folder / "masks"), "SIMPLE_PINHOLE"
        height, width = self.size
        if self.focal is not None:
            reader.camera_params = f"{self.focal * height},{width / 2},{height / 2}"
        names = [_name(index) for index in range(self.count)]
        # Numbered here, as extraction numbers them by which thread is first. One camera for all.
        single = self.colmap.CameraMode.SINGLE
        self.colmap.Database.open(self.database).close()
        self.colmap.import_images(self.database, self.images, single, names, reader)
        options = self.colmap.FeatureExtractionOptions()
        options.use_gpu, options.sift.max_num_features = False, _FEATURES
        for part in _chunks(self.count):
            self.colmap.extract_features(
                self.database,
                self.images,
                image_names=[names[index] for index in part],
                camera_mode=single,
                reader_options=reader,
                extraction_options=options,
            )
            self.step(_SHARES[0] * part.stop / self.count)

    def _match(self) -> None:
        match, verify = self.colmap.FeatureMatchingOptions(), self.colmap.TwoViewGeometryOptions()
        match.use_gpu = False
        verify.ransac.max_error *= min(1.0, self.size[1] / _WIDTH)
        verify.ransac.random_seed = _SEED
        listed = self.colmap.ImportedPairingOptions()
        listed.match_list_path = str(self.folder / "pairs.txt")
        for part in _chunks(self.count):
            lines = [
                f"{_name(first)} {_name(first + offset)}\n"
                for first in part
                for offset in _OFFSETS
                if first + offset < self.count
            ]
            if lines:
                (self.folder / "pairs.txt").write_text("".join(lines), encoding="utf-8")
                self.colmap.match_image_pairs(
                    self.database, matching_options=match, pairing_options=listed, verification_options=verify
                )
            self.step(_SHARES[0] + _SHARES[1] * part.stop / self.count)

    def map(self, angle: float, lens: float | None, before: int) -> Any:
        """COLMAP's largest model from a first pair of such an ``angle`` in degrees, or None; ``lens`` is freed last.

        So many attempts went ``before``; each has half of the time that is left.
        """
        options = self.colmap.IncrementalPipelineOptions()
        options.min_model_size = 5
        options.num_threads = 1  # sums of several threads differ from solve to solve
        options.random_seed = options.mapper.random_seed = _SEED
        options.mapper.init_min_tri_angle = angle
        if lens is not None:
            database = self.colmap.Database.open(self.database)
            camera = database.read_all_cameras()[0]
            camera.focal_length, camera.has_prior_focal_length = lens * self.size[0], True
            database.update_camera(camera)
            database.close()
        if self.focal is not None or lens is not None:
            options.ba_refine_focal_length = options.mapper.abs_pose_refine_focal_length = False
        token, stopped, posed = self.colmap.CancellationToken(), list[BaseException](), 2

        def heard() -> None:
            nonlocal posed
            posed += 1
            left = (1 - min(1.0, posed / self.count) / 2) / 2**before
            try:
                self.step(sum(_SHARES[:2]) + _SHARES[2] * (1 - left))
            except BaseException as error:  # no exception passes through COLMAP
                stopped.append(error)
                token.cancel()

        models = self.colmap.incremental_mapping(
            self.database,
            self.images,
            str(self.folder),
            options=options,
            next_image_callback=heard,
            cancellation_token=token,
        )
        if stopped:
            raise stopped[0]
        best = max(models.values(), key=lambda model: model.num_reg_images(), default=None)
        if best is not None and lens is not None:
            freed = self.colmap.BundleAdjustmentOptions()
            freed.print_summary, freed.ceres.solver_options.num_threads = False, 1
            config = self.colmap.BundleAdjustmentConfig()
            for number in best.reg_image_ids():
                config.add_image(number)
            config.fix_gauge(self.colmap.BundleAdjustmentGauge.TWO_CAMS_FROM_WORLD)
            self.colmap.create_default_bundle_adjuster(freed, config, best).solve()
            best.update_point_3d_errors()
        return best
