"""``actanywhere export``: a model's networks as ONNX graphs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..contract.job import Progress
from ..models.folder import model_folder
from .screen import Screen, begin, timed


def export(args: argparse.Namespace, screen: Screen) -> None:
    """Export, and say what was written."""
    folder, output = model_folder(args.model), Path(args.output) if args.output else None
    begin(screen, "export", "starting PyTorch")
    from ..engines.unet.export import export_model

    report = timed(screen, "export")
    paths = export_model(
        folder,
        output,
        lambda done, total: report(Progress("exporting", done, total, "networks", done / total)),
    )
    screen.clear()
    if args.json:
        print(
            json.dumps(
                {"event": "exported", "folder": str(paths[0].parent), "files": [str(p) for p in paths]}
            )
        )
    elif not args.quiet:
        for path in paths:
            print(path)
        print(f"Render with them: actanywhere render ... --model {paths[0].parent} --backend onnx")
