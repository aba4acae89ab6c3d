"""A model from public parts in use: it renders, says that it is untrained, and training goes on from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from actanywhere.engines.unet.model.assemble import assemble, plan_assembly
from actanywhere.render.preflight import preflight
from tests.engines.unet import public
from tests.render.stage import Staged, frames_of, render


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of tiny public parts."""
    downloads = tmp_path_factory.mktemp("downloads")
    parts = (
        public.stable_diffusion(downloads / "sd"),
        public.motion(downloads / "mm"),
        public.clip(downloads / "clip"),
    )
    assemble(plan_assembly(*parts, size=public.size(area=64 * 64)), downloads / "model", lambda *_: None)
    return downloads / "model"


def test_an_assembled_model_renders_and_every_render_says_that_it_is_untrained(
    shot: Staged, assembled: Path
) -> None:
    job = shot.job(assembled)
    assert any("not trained yet (condition_projection)" in warning for warning in preflight(job).warnings)
    result = render(job)
    assert any("not trained yet (condition_projection)" in warning for warning in result.warnings)
    assert len(frames_of(job.output)) == 6
