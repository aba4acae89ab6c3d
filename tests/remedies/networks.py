"""Models and networks: pulling, importing, verifying; files that are damaged or are other networks."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from huggingface_hub import constants
from onnx import TensorProto, helper

from actanywhere.contract.errors import ActAnywhereError, ModelError
from actanywhere.models import find_model, find_network, hub, importing, memory, missing_network, pull
from actanywhere.models.digests import facts_of
from actanywhere.models.folder import model_folder
from actanywhere.models.manifest import check_manifest, write_manifest
from actanywhere.models.registry import find_entry
from actanywhere.models.whole import check_file, refuse_pickle
from actanywhere.onnx_runner import network as network_module
from actanywhere.onnx_runner import open_network
from actanywhere.onnx_runner.facts import read_facts
from actanywhere.onnx_runner.providers import load_runtime, providers_here
from actanywhere.seeing.depth import NetworkDepth
from actanywhere.seeing.fill_diffusion import DiffusionFill
from actanywhere.seeing.fill_networks import NetworkFill
from actanywhere.seeing.pretrained import load_pretrained
from actanywhere.seeing.subjects import NetworkSubjects
from tests.models import tiny
from tests.models.hub import Hub, running_hub
from tests.onnx_runner.networks import brighter, write
from tests.remedies.row import At, Row, again, full_disk, printed, run
from tests.seeing.networks import brightness_depth, migan_like, red_mask

DEPTH, MATTE = "depth-anything-v2-small", "vitmatte-small"
KIND = TensorProto.FLOAT
PICTURE = np.zeros((64, 64, 3), np.float32)


def with_free(at: At, gigabytes: float) -> None:
    """A network of 3 GB on a machine that has so many free."""
    at.machine.setattr(memory, "free_memory", lambda: gigabytes * 1e9)
    memory.check_memory(find_entry("birefnet-lite"))


def online(act: Callable[[At, Hub], object]) -> Callable[[At], object]:
    """With a hub that has ViTMatte, which HF_ENDPOINT names."""

    def acted(at: At) -> object:
        with running_hub() as served:
            served.repositories[tiny.VITMATTE] = tiny.vitmatte()
            at.machine.setenv("HF_ENDPOINT", served.url)
            at.machine.setattr(constants, "ENDPOINT", served.url)
            at.machine.setattr(
                constants,
                "HUGGINGFACE_CO_URL_TEMPLATE",
                served.url + "/{repo_id}/resolve/{revision}/{filename}",
            )
            at.machine.setattr(constants, "HF_HUB_CACHE", str(at.folder / "hf/hub"))
            return act(at, served)

    return acted


def pulled(name: str = MATTE) -> None:
    run("models", "pull", name, "--quiet")


def the_remedy(act: Callable[[], object]) -> str:
    try:
        act()
    except ActAnywhereError as error:
        return error.remedy
    raise AssertionError("nothing was refused")


def as_printed(remedy: str) -> None:
    """Both command lines of 'Get it again: actanywhere models remove NAME, then actanywhere models pull NAME'."""
    for line in remedy.split(", then "):
        run(*printed(line), "--quiet") if "pull" in line else run(*printed(line))


def damaged(at: At, served: Hub) -> Path:
    pulled()
    folder = find_model(MATTE).folder
    (folder / "model.safetensors").unlink()
    return folder


def taken(at: At, source: Path, name: str = MATTE) -> None:
    run("models", "import", source, "--as", name)


def source(at: At, name: str = "source", without: str = "", **more: bytes) -> Path:
    files = {key: content for key, content in tiny.vitmatte().items() if key != without}
    return tiny.lay_out({**files, **more}, at / name)


def depth(at: At, name: str = "d.onnx") -> Path:
    return at.write(name, tiny.one_picture(at.folder))


def bare_model(at: At) -> Path:
    folder = tiny.lay_out({"model.json": b"{}", "unet/config.json": b"{}"}, at / "model")
    write_manifest(folder)
    return folder


def manifest(at: At, files: dict[str, str]) -> Any:
    at.write("model/manifest.json", json.dumps({"schema": 1, "sha256": files}))
    return check_manifest(at / "model")


def net(at: At, **how: Any) -> Path:
    slot = ("picture", how.pop("kind", KIND), [1, 3, 4, 4])
    node = helper.make_node("Identity", ["picture"], ["bright"], domain=how.pop("domain", ""))
    domains = [node.domain] if node.domain else []
    return write(at / "n.onnx", [node], [slot], [("bright", slot[1], [1, 3, 4, 4])], domains=domains)


def fed(at: At, **inputs: Any) -> Any:
    return open_network(net(at)).run(inputs)


def failing(at: At, why: str) -> Any:
    raise network_module._failed(read_facts(net(at)), "cpu", why)


def full(at: At) -> Any:
    with hub._plain_words(find_entry(MATTE)), Path("/dev/full").open("wb") as stream:
        stream.write(b"weights of a network")


def torn(at: At) -> Any:
    with hub._plain_words(find_entry(MATTE)):
        raise httpx.ReadError("the line was cut")


def no_room(at: At) -> None:
    rooms = shutil.disk_usage
    at.machine.setattr(
        shutil, "disk_usage", lambda path: rooms(path)._replace(free=10**12 if "large" in str(path) else -1)
    )


def shelf_on(at: At, name: str) -> None:
    (at / name / "a").parent.mkdir(exist_ok=True)
    at.machine.setenv("ACTANYWHERE_MODELS", str(at / name))


@contextmanager
def _held(at: At) -> Any:
    with pull.staging(at / "downloads/a".rstrip("a"), MATTE) as folder:
        yield folder


def both(at: At) -> None:
    with pull.staging(at.folder, MATTE), pull.staging(at.folder, MATTE):
        pass


def locked(at: At) -> None:
    """A folder that may not be emptied."""
    taken(at, source(at))
    unlink = Path.unlink

    def refuse(path: Path, *words: Any, **more: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    at.machine.setattr(Path, "unlink", refuse)
    try:
        run("models", "remove", MATTE)
    finally:
        at.machine.setattr(Path, "unlink", unlink)


def tiny_sam(at: At, damaged: bool) -> Any:
    """A network of transformers' own classes in its folder on the downloads."""
    from tests.seeing.test_regions import tiny as eomt

    folder = eomt(at / "eomt-coco-small")
    if damaged:
        (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    return load_pretrained("EomtForUniversalSegmentation", "an EoMT", folder, "eomt-coco-small", "criterion.")


def fill(at: At, kind: str) -> Any:
    return DiffusionFill(
        tiny.lay_out({"model_index.json": tiny.configuration(_class_name=kind)}, at / "f"), "f"
    )


def shown(path: Path, reader: Any) -> Any:
    return reader(open_network(path))


def two_pictures(at: At) -> Path:
    shape = [1, 3, "h", "w"]
    node = helper.make_node("Add", ["a", "b"], ["c"])
    return write(at / "two.onnx", [node], [("a", KIND, shape), ("b", KIND, shape)], [("c", KIND, shape)])


def removed_then(at: At, served: Hub) -> None:
    shutil.rmtree(find_model(MATTE).folder)
    pulled()


ROWS = [
    Row(
        "Get it: {}",
        lambda at: find_model(MATTE),
        online(
            lambda at, served: [
                run(*printed(the_remedy(lambda: find_model(MATTE))), "--quiet"),
                find_model(MATTE),
            ]
        ),
    ),
    Row(
        "Get it again: actanywhere models remove {}, then {}",
        online(lambda at, served: [damaged(at, served), find_model(MATTE)]),
        online(lambda at, served: [as_printed(the_remedy(lambda: find_model(MATTE))), find_model(MATTE)]),
    ),
    Row(
        "Copy {} again from where it came.",
        lambda at: load_pretrained("EomtForUniversalSegmentation", "an EoMT", at / "mine", "mine"),
        lambda at: [
            _eomt(at / "mine"),
            load_pretrained("EomtForUniversalSegmentation", "an EoMT", at / "mine", "mine", "criterion."),
        ],
    ),
    Row(
        "'actanywhere models list' shows what is.",
        lambda at: run("models", "remove", MATTE),
        lambda at: [
            run(*printed("'actanywhere models list'")),
            taken(at, source(at)),
            run("models", "remove", MATTE),
        ],
    ),
    Row(
        "'actanywhere models list' shows what there is.",
        lambda at: find_entry("zzzzz"),
        lambda at: [run("models", "list"), find_entry(MATTE)],
    ),
    Row(
        "Did you mean '{}'?", lambda at: find_entry("vitmate-small"), lambda at: find_entry("vitmatte-small")
    ),
    Row("Use '{}' instead: {}", lambda at: find_entry("rmbg-2.0"), lambda at: find_entry("birefnet-lite")),
    Row(
        "Import your own: {}",
        lambda at: pulled("isnet-general-use"),
        lambda at: [
            red_mask(at / "isnet-general-use.onnx", 64),
            run("models", "import", at / "isnet-general-use.onnx", "--as", "isnet-general-use"),
        ],
    ),
    Row(
        "Unset HF_HUB_OFFLINE, or import the files: actanywhere models import FOLDER --as {}",
        online(lambda at, served: [at.machine.setattr(constants, "HF_HUB_OFFLINE", True), pulled()]),
        online(
            lambda at, served: [
                taken(at, source(at)),
                run("models", "remove", MATTE),
                at.machine.setattr(constants, "HF_HUB_OFFLINE", False),
                pulled(),
            ]
        ),
    ),
    Row(
        "Accept them at {}/{}, and set HF_TOKEN.",
        online(lambda at, served: [served.gated.add(tiny.VITMATTE), pulled()]),
        online(lambda at, served: [at.machine.setenv("HF_TOKEN", "hf_accepted"), pulled()]),
    ),
    Row(
        "Look whether HF_ENDPOINT names a mirror that lacks it; else import the files by hand.",
        online(lambda at, served: [served.repositories.clear(), pulled()]),
        online(lambda at, served: [pulled(), run("models", "remove", MATTE), taken(at, source(at))]),
    ),
    Row(
        "Give the same command again: it goes on from what has come.",
        torn,
        online(lambda at, served: pulled()),
    ),
    Row(
        "Free some space and give the same command again: it goes on from what has come.",
        full,
        online(lambda at, served: pulled()),
    ),
    Row(
        "The repository was changed; import the files by hand, or ask for a newer version of ActAnywhere.",
        online(
            lambda at, served: [served.repositories.update({tiny.VITMATTE: {"config.json": b"{}"}}), pulled()]
        ),
        lambda at: taken(at, source(at)),
    ),
    Row(
        "Give the same command again; if it stays so, the mirror or something on the line changes files.",
        online(lambda at, served: [served.altered.add("config.json"), pulled()]),
        online(lambda at, served: pulled()),
    ),
    Row("Wait until it is done.", both, lambda at: [pull.staging(at.folder, MATTE).__enter__()]),
    again(
        "Look what lies in its place.",
        lambda at: taken(at, source(at)),
        lambda at: _clear(at),
        lambda at: _in_the_way(at),
    ),
    again(
        "Free some space, or set ACTANYWHERE_MODELS to a folder that is there, on a larger disk.",
        online(lambda at, served: pulled()),
        lambda at: shelf_on(at, "large"),
        no_room,
    ),
    Row(
        "Free some space on that disk.",
        lambda at: _copied_to_a_full_disk(at, source(at) / "config.json"),
        lambda at: _on_another_disk(at, source(at) / "config.json"),
    ),
    again(
        "Set ACTANYWHERE_MODELS to a folder that is there and that you may write to.",
        lambda at: taken(at, source(at)),
        lambda at: shelf_on(at, "mine"),
        lambda at: [
            at.machine.setenv("XDG_DATA_HOME", "/proc/nobody"),
            at.machine.setenv("ACTANYWHERE_MODELS", "/proc/no"),
        ],
    ),
    again(
        "actanywhere models remove {}",
        lambda at: taken(at, source(at)),
        lambda at: run("models", "remove", MATTE),
        lambda at: taken(at, source(at)),
    ),
    Row("Leave it.", lambda at: importing.remove_model(_bundled(at)), lambda at: model_folder("starter")),
    Row("Ask whoever keeps that folder.", locked, lambda at: run("models", "remove", MATTE)),
    Row(
        "Give a file or a folder.",
        lambda at: taken(at, at / "no.onnx", DEPTH),
        lambda at: [taken(at, depth(at), DEPTH), taken(at, source(at))],
    ),
    Row(
        "Give the folder, as the hub has it.",
        lambda at: taken(at, at.write("a.txt", "hello"), "vace-1.3b"),
        lambda at: taken(at, tiny.lay_out(tiny.vace(), at / "vace"), "vace-1.3b"),
    ),
    Row(
        "Give that file.",
        lambda at: taken(at, at.write("a.txt", "hello"), DEPTH),
        lambda at: taken(at, depth(at), DEPTH),
    ),
    Row(
        "Get the weights as safetensors: {}",
        lambda at: taken(at, source(at, without="model.safetensors")),
        online(
            lambda at, served: run(
                *printed(the_remedy(lambda: taken(at, source(at, without="model.safetensors")))), "--quiet"
            )
        ),
    ),
    Row(
        "Give the whole folder.",
        lambda at: taken(at, source(at, without="config.json")),
        lambda at: taken(at, source(at)),
    ),
    Row(
        "Give one of them: {}",
        lambda at: [source(at, "m/snapshots/a"), source(at, "m/snapshots/b"), taken(at, at / "m")],
        lambda at: taken(at, at / "m/snapshots/b"),
    ),
    Row(
        "Get that file: {}",
        lambda at: taken(at, at.write("x.onnx", tiny.picture_and_mask(at.folder)), "migan"),
        lambda at: run("models", "list"),
    ),
    Row(
        "Get {} itself: {}",
        lambda at: taken(
            at,
            tiny.lay_out({**tiny.vitmatte(), "config.json": tiny.configuration(model_type="vit")}, at / "v"),
        ),
        online(lambda at, served: run("models", "pull", MATTE, "--quiet")),
    ),
    Row(
        "Move that file out of the model's folder.",
        lambda at: [
            taken(at, source(at)),
            (find_model(MATTE).folder / "more.safetensors").write_bytes(tiny.weights()),
            find_model(MATTE),
        ],
        lambda at: [
            os.replace(next(_shelf().rglob("more.safetensors")), at / "more.safetensors"),
            find_model(MATTE),
        ],
    ),
    Row(
        "Remove that file; 'actanywhere models verify' writes it again.",
        lambda at: [
            taken(at, source(at)),
            (_shelf() / MATTE / "actanywhere.json").write_text("{"),
            find_model(MATTE),
        ],
        lambda at: [
            (_shelf() / MATTE / "actanywhere.json").unlink(),
            run(*printed("'actanywhere models verify'")),
            _there(_shelf() / MATTE / "actanywhere.json"),
        ],
    ),
    Row(
        "Name a folder that the trainer wrote, or 'starter'.",
        lambda at: model_folder(str(at.folder)),
        lambda at: [model_folder(str(bare_model(at))), model_folder("starter")],
    ),
    Row(
        "Use 'starter', or the path of a model's folder; 'actanywhere models list' shows what there is.",
        lambda at: model_folder("mine"),
        lambda at: [model_folder("starter"), model_folder(str(bare_model(at))), run("models", "list")],
    ),
    Row(
        "Leave it out.",
        lambda at: refuse_pickle(at.write("m.py", "")),
        lambda at: check_file(at.write("m.safetensors", tiny.weights())),
    ),
    Row(
        "Get the same weights as .safetensors, or as .onnx; the hub converts a repository's own on request.",
        lambda at: check_file(at.write("m.ckpt", "")),
        lambda at: [check_file(at.write("m.safetensors", tiny.weights())), check_file(depth(at))],
    ),
    Row(
        "Get the file again.",
        lambda at: check_file(at.write("m.safetensors", tiny.weights()[:-4])),
        lambda at: [check_file(at.write("m.safetensors", tiny.weights())), facts_of(at / "m.safetensors")],
    ),
    Row(
        "{} {}: {} ({} GB, {})",
        lambda at: _lacks("subjects"),
        lambda at: _got(red_mask(at / "isnet-general-use.onnx", 64)),
    ),
    again(
        "{} is here, and runs on {}, which is not: pip install 'actanywhere[{}]'",
        lambda at: _lacks("depth"),
        lambda at: at.machine.undo(),
        lambda at: [taken(at, depth(at), DEPTH), _no_runtime(at)],
    ),
    # -- a model's own manifest
    Row(
        "Get the model again, or train it again.",
        lambda at: manifest(at, {}),
        lambda at: check_manifest(bare_model(at)),
    ),
    Row(
        "Do not use this model.",
        lambda at: [at.write("other", ""), manifest(at, {"../other": "0" * 64})],
        lambda at: [model_folder("starter")],
    ),
    Row(
        "Copy that file, or the whole folder, again.",
        lambda at: [bare_model(at), at.write("model/model.json", "{ }"), check_manifest(at / "model")],
        lambda at: check_manifest(bare_model(at)),
    ),
    Row(
        "Move that file away, or get the model again.",
        lambda at: [
            bare_model(at),
            at.write("model/more.safetensors", tiny.weights()),
            check_manifest(at / "model"),
        ],
        lambda at: [os.replace(at / "model/more.safetensors", at / "more"), check_manifest(at / "model")],
    ),
    # -- ONNX files
    Row(
        "It is damaged or only half downloaded: get it again.",
        lambda at: read_facts(at.write("n.onnx", depth(at).read_bytes()[:60])),
        lambda at: read_facts(depth(at)),
    ),
    Row(
        "Run 'git lfs pull', or get the file itself.",
        lambda at: read_facts(at.write("n.onnx", "version https://git-lfs.github.com/spec/v1\n")),
        lambda at: read_facts(depth(at)),
    ),
    Row(
        "Get the file itself again.",
        lambda at: read_facts(at.write("n.onnx", "<html>not found</html>")),
        lambda at: read_facts(depth(at)),
    ),
    Row(
        "Get the network as ONNX.",
        lambda at: read_facts(at.write("n.onnx", tiny.weights())),
        lambda at: read_facts(depth(at)),
    ),
    Row(
        "Do not use this file.",
        lambda at: read_facts(_pointing(at, "../w")),
        lambda at: read_facts(depth(at)),
    ),
    again(
        "Put {} into {}.",
        lambda at: read_facts(at / "n.onnx"),
        lambda at: shutil.move(at / "w.moved", at / "w"),
        lambda at: [_pointing(at, "w"), shutil.move(at / "w", at / "w.moved")],
    ),
    again(
        "Get that file again.",
        lambda at: read_facts(at / "n.onnx"),
        lambda at: _pointing(at, "w"),
        lambda at: [_pointing(at, "w"), at.write("w", b"\0")],
    ),
    Row(
        "This is another network than the one that is asked for: get the right file.",
        lambda at: fed(at, image=PICTURE),
        lambda at: fed(at, picture=np.zeros((1, 3, 4, 4), np.float32)),
    ),
    Row(
        "Get an export of this network without custom operators.",
        lambda at: open_network(net(at, domain="ai.own")),
        lambda at: open_network(net(at)),
    ),
    Row(
        "Get the network in float16 or float32.",
        lambda at: open_network(net(at, kind=TensorProto.STRING)),
        lambda at: open_network(net(at)),
    ),
    Row(
        "Close other applications, or give a smaller picture.",
        lambda at: failing(at, "Failed to allocate memory"),
        lambda at: fed(at, picture=np.zeros((1, 3, 4, 4), np.float32)),
    ),
    Row(
        "Close other applications, or render on a machine with more memory.",
        lambda at: with_free(at, 0.5),
        lambda at: with_free(at, 3.1),
    ),
    Row(
        "Try a newer ONNX Runtime (pip install -U onnxruntime), or get the file again.",
        lambda at: failing(at, "opset 99 is unknown"),
        lambda at: fed(at, picture=np.zeros((1, 3, 4, 4), np.float32)),
    ),
    again(
        "pip install 'actanywhere[cpu]', or 'actanywhere[gpu]' on a machine with an NVIDIA card.",
        lambda at: load_runtime(),
        lambda at: at.machine.undo(),
        lambda at: [load_runtime.cache_clear(), at.lack("onnxruntime")],
    ),
    Row("Choose among {}.", lambda at: providers_here("gpu"), lambda at: providers_here("cpu")),
    Row("Here there are: {}.", lambda at: providers_here("directml"), lambda at: providers_here("cpu")),
    # -- what they are for
    Row(
        "This is another network than one for depth: import the right file.",
        lambda at: shown(two_pictures(at), lambda n: NetworkDepth(n, "d")),
        lambda at: shown(brightness_depth(at / "d.onnx"), lambda n: NetworkDepth(n, "d").of(PICTURE)),
    ),
    Row(
        "This is another network than one that fills holes: import the right file.",
        lambda at: shown(depth(at), lambda n: NetworkFill(n, "f")),
        lambda at: shown(migan_like(at / "f.onnx"), lambda n: NetworkFill(n, "f")),
    ),
    Row(
        "This is another network than one that finds subjects: import the right file.",
        lambda at: shown(two_pictures(at), lambda n: NetworkSubjects(n, "s", "plain").mask(PICTURE)),
        lambda at: shown(
            red_mask(at / "s.onnx", 64), lambda n: NetworkSubjects(n, "s", "plain").mask(PICTURE)
        ),
    ),
    Row(
        "Use one of: {}.",
        lambda at: fill(at, "StableDiffusionPipeline"),
        lambda at: fill(at, "Flux2KleinPipeline"),
    ),
]


def _lacks(role: str) -> None:
    """What is told of a network that is wanted and not here."""
    if find_network(role) is None:
        raise ModelError(f"Nobody answers '{role}'.", missing_network(role))


def _got(file: Path) -> None:
    run("models", "import", file, "--as", file.stem)
    _lacks("subjects")


def _no_runtime(at: At) -> None:
    import importlib.util

    found = importlib.util.find_spec
    at.machine.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "onnxruntime" else found(name, *more)
    )


def _eomt(folder: Path) -> Any:
    from tests.seeing.test_regions import tiny as eomt

    return eomt(folder)


def _shelf() -> Path:
    return Path(os.environ["XDG_DATA_HOME"]) / "actanywhere/models"


def _there(path: Path) -> None:
    assert path.is_file(), path


def _in_the_way(at: At) -> None:
    at.write("home/a", "")
    at.machine.setenv("XDG_DATA_HOME", str(at / "home"))
    _shelf().mkdir(parents=True)
    (_shelf() / MATTE).write_text("a file")


def _clear(at: At) -> None:
    (_shelf() / MATTE).unlink()


def _on_another_disk(at: At, file: Path) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    at.machine.setattr(os, "link", refuse)
    pull.link_or_copy(file, at / "new/c.json")


def _copied_to_a_full_disk(at: At, file: Path) -> None:
    with full_disk():
        _on_another_disk(at, file)


def _bundled(at: At) -> Any:
    """An entry whose folder is the software's own."""
    from dataclasses import replace

    entry = replace(find_entry(MATTE), name="starter")
    at.machine.setattr(importing, "folder_of", lambda entry: model_folder("starter"))
    return entry


def _pointing(at: At, name: str) -> Path:
    """A network with its weights in ``w`` beside it, which it calls ``name``."""
    path = brighter(at / "n.onnx", external="w")
    data = path.read_bytes()
    if name != "w":
        import onnx

        model = onnx.load(str(path), load_external_data=False)
        for entry in model.graph.initializer[0].external_data:
            if entry.key == "location":
                entry.value = name
        data = model.SerializeToString()
    path.write_bytes(data)
    return path
