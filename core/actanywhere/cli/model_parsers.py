"""The parsers of the commands about models: assemble, export, models."""

from __future__ import annotations

import argparse

from .descriptions import MODELS
from .flags import Plain, add_talk


def add_model_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands ``assemble``, ``export`` and ``models``."""
    _assemble(commands)
    _export(commands)
    _models(commands)


def _assemble(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "assemble",
        help="assemble a full-size model from public weights, to be trained",
        description="Makes a model of the paper's size from folders that are on this machine, in the layouts in which "
        "the hub has them. Nothing is downloaded. Without --ip-adapter one part between them is new, so that the model "
        "has to be trained before it renders anything: 'actanywhere train --from DIR'.",
    )
    add = parser.add_argument_group("the parts").add_argument
    add(
        "--unet",
        required=True,
        metavar="DIR",
        help="Stable Diffusion 1.5 for inpainting (9 input channels; a plain one's 4 are extended by zeros): the whole "
        "repository, or its unet/.",
    )
    add(
        "--motion",
        required=True,
        metavar="DIR",
        help="AnimateDiff's motion adapter v1.5-2, as diffusers has it.",
    )
    add(
        "--clip",
        required=True,
        metavar="DIR",
        help="CLIP ViT-L/14: its vision half, or all of it. With --ip-adapter: the CLIP ViT-H/14 that comes with it.",
    )
    add(
        "--ip-adapter",
        metavar="FILE",
        help="IP-Adapter Plus for Stable Diffusion 1.5: a trained way for the condition, so that the model renders "
        "without training.",
    )
    add(
        "--text",
        metavar="DIR",
        help="With --ip-adapter: the folder that has text_encoder/ and tokenizer/. Left out: beside the U-Net.",
    )
    add(
        "--few-steps",
        choices=("lcm", "lightning"),
        help="With --ip-adapter: what the motion modules were distilled for. lcm: AnimateLCM, 6 steps. lightning: "
        "AnimateDiff-Lightning's 4-step file.",
    )
    add(
        "--lora",
        metavar="FILE",
        help="With --ip-adapter: a LoRA for the U-Net, baked in at strength 0.8. Left out: with --few-steps lcm "
        "AnimateLCM's own, where it lies beside its motion modules.",
    )
    add("--vae", metavar="DIR", help="Stable Diffusion's autoencoder. Left out: the vae/ beside the U-Net.")
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="The model's folder, which must be new."
    )
    add_talk(parser, dry_run=True)


def _export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "export",
        help="export a model's networks as ONNX graphs, to render without PyTorch",
        description="Writes four ONNX graphs (opset 18; any number of frames, any size) into a model's folder. They "
        "hold no weights: they point into the model's own files. 'render --backend onnx' runs them. The starter comes "
        "exported. Needs PyTorch and the 'export' extra.",
    )
    parser.add_argument(
        "--model", default="starter", metavar="NAME", help="The model, as in 'render' (default: starter)."
    )
    parser.add_argument(
        "--output", metavar="DIR", help="A copy of the model with the graphs, which must be new."
    )
    add_talk(parser, dry_run=False)


def _models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "models",
        help="list, pull, import, verify and remove networks and engines",
        description="Networks that read pictures, and engines that paint, are got once and then lie on this machine or "
        "in a studio's folder. A render never goes online.",
        epilog=MODELS,
        formatter_class=Plain,
    )
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    kind = kinds.add_parser("list", help="what there is, what it needs, its licence, and whether it is here")
    kind.add_argument("--long", action="store_true", help="Also what each is and does, and its terms.")
    add_talk(kind, dry_run=False)
    kind = kinds.add_parser("pull", help="get models from the hub; the same command goes on after a cut")
    kind.add_argument(
        "names", nargs="+", metavar="NAME", help="Models, or the sets 'vision', 'matte' and 'unet'."
    )
    add_talk(kind, dry_run=False)
    kind = kinds.add_parser("import", help="take over a file or a folder that is here already")
    kind.add_argument("source", metavar="FILE_OR_FOLDER", help="In the layout that the hub has, or one file.")
    kind.add_argument("--as", dest="name", required=True, metavar="NAME", help="Its name in 'models list'.")
    add_talk(kind, dry_run=False)
    kind = kinds.add_parser("verify", help="read every byte again and hold it against the checksums")
    kind.add_argument("names", nargs="*", metavar="NAME", help="Left out: all that are here.")
    add_talk(kind, dry_run=False)
    kind = kinds.add_parser("remove", help="remove models from this machine")
    kind.add_argument("names", nargs="+", metavar="NAME", help="Models, or a set.")
    add_talk(kind, dry_run=False)
