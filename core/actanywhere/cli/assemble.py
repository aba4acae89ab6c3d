"""``actanywhere assemble``: a full-size model from public weights, or the plan of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..contract.errors import ModelError
from ..contract.job import Progress
from ..engines.unet.model.assemble import Adapter, Assembly, assemble, plan_assembly
from .screen import Screen, timed


def assemble_model(args: argparse.Namespace, screen: Screen) -> None:
    """Check the parts, say what would be taken from them, and, unless it is a dry run, write the model."""
    vae = Path(args.vae) if args.vae else None
    adapter = None
    if args.ip_adapter:
        text = Path(args.text) if args.text else None
        lora = Path(args.lora) if args.lora else None
        adapter = Adapter(Path(args.ip_adapter), text, args.few_steps or "", lora)
    elif args.text or args.few_steps or args.lora:
        raise ModelError(
            "--text, --few-steps and --lora say something of a model with --ip-adapter alone.",
            "Give that too.",
        )
    assembly = plan_assembly(Path(args.unet), Path(args.motion), Path(args.clip), vae, adapter=adapter)
    output = Path(args.output)
    if args.dry_run:
        screen.clear()
        _show(assembly, output, args.json)
        return

    show = timed(screen, "assemble")
    counts = {one.name: len(one.weights) for one in assembly.parts}
    names, whole = list(counts), sum(counts.values())

    def report(part: str, done: int, total: int) -> None:
        before = sum(counts[name] for name in names[: names.index(part)])
        show(Progress(part, done, total, "weights", fraction=(before + done) / whole))

    digest = assemble(assembly, output, report)
    screen.clear()
    if args.json:
        said = {"event": "model", "folder": str(output), "digest": digest, "untrained": assembly.untrained}
        print(json.dumps(said), flush=True)
    elif not args.quiet:
        print(f"model  {output}")
        _show_untrained(assembly)


def _show(assembly: Assembly, output: Path, as_json: bool) -> None:
    if as_json:
        parts = [
            {"name": part.name, "from": part.summary, "files": [str(file) for file in part.files]}
            for part in assembly.parts
        ]
        said = {"parts": parts, "bytes": assembly.bytes, "untrained": assembly.untrained}
        print(json.dumps({"event": "assembly", "folder": str(output), **said}), flush=True)
        return
    for part in assembly.parts:
        numbers = sum(part.sizes.values()) / 1e6
        print(f"{part.name:<14} {part.summary}: {len(part.weights)} weights, {numbers:.0f} M numbers")
        for file in part.files:
            print(f"{'':<14} would read {file}")
    print(f"would write {output}, about {assembly.bytes / 1e9:.1f} GB in half precision")
    _show_untrained(assembly)


def _show_untrained(assembly: Assembly) -> None:
    if not assembly.untrained:
        print("All of its parts are trained: it renders as it is.", flush=True)
        return
    print("Not trained yet; until it is, what the model renders means nothing:")
    for line in assembly.untrained:
        print(f"  {line}")
    print("  -> actanywhere train --from DIR --footage YOUR_CLIPS --output RUN --rate 3e-5", flush=True)
