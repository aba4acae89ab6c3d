"""The controls that both hosts have beside the settings: one name, one label, one tooltip each.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict

__all__ = ["BUSY", "CHOOSE_TAKE", "CONTROLS", "Control", "control"]

#: What to do while it renders, and where no take is chosen.
BUSY = "Wait, or press Cancel first."
CHOOSE_TAKE = "Choose one in the list."


@dataclass(frozen=True)
class Control:
    """``label`` in small letters, as settings have it; ``tip`` in whole sentences."""

    label: str
    tip: str

    @property
    def button(self) -> str:
        """``Continue take``."""
        return self.label[:1].upper() + self.label[1:]

    @property
    def title(self) -> str:
        """``Continue Take``, where a host writes labels so."""
        small = ("of", "the", "to", "its", "from", "at", "on")
        words = [word if word in small else word[:1].upper() + word[1:] for word in self.label.split()]
        return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])

    def tip_with(self, own: str) -> str:
        """The tooltip, with a sentence of the host's own."""
        return f"{self.tip} {own}"

    @property
    def bare_tip(self) -> str:
        """The tooltip for a host that ends it with a full stop itself."""
        return self.tip.rstrip(".")


CONTROLS: Dict[str, Control] = {
    "shot_name": Control("shot", "Name of the shot: of its takes' folder and of their files."),
    "takes_folder": Control("takes' folder", "Where the takes are kept."),
    "first": Control("first", "First frame, rendered."),
    "last": Control("last", "Last frame, rendered too."),
    "condition_kind": Control("kind", "What the picture of the place shows."),
    "condition_matte": Control(
        "matte of the picture",
        "A still matte of whoever was painted into a composite condition, if there is one.",
    ),
    "scribble": Control(
        "scribble",
        "Strokes over the picture of the place, in a picture of its size: green or white over who is to go, red over "
        "what is to stay.",
    ),
    "extended": Control(
        "extended picture",
        "The place as you completed it: the picture of the place at its own scale, larger to any side, without who "
        "else was in it. Then nothing is filled. Every render writes its own beside the layer, NAME_place.png, to "
        "paint on.",
    ),
    "pick_box": Control(
        "add box", "Who else is to go: a box around them, drawn over the picture of the place in a viewer."
    ),
    "pick_point": Control(
        "add point", "Who else is to go: a point on them, set on the picture of the place in a viewer."
    ),
    "pick_place": Control(
        "frame picture",
        "What the frame shows of the picture of the place: a box drawn over it in a viewer, which may reach beyond it.",
    ),
    "matte_box": Control(
        "box around the actor",
        "Who is meant, for a matte from the plate alone: x,y,width,height@frame in pixels of the plate from its upper "
        "left corner; several with ; between them. Where nothing is said, it is whoever moves most.",
    ),
    "matte_point": Control(
        "points on the actor", "Who is meant: x,y@frame in pixels of the plate; several with ; between them."
    ),
    "matte_point_off": Control(
        "points beside the actor",
        "What is not theirs (a passer-by, a bag that is to stay): x,y@frame in pixels of the plate, in a frame with "
        "a box or a point on the actor, too.",
    ),
    "pick_matte_box": Control(
        "box the actor",
        "A box around all of the actor, drawn over the plate in a viewer, in the current frame.",
    ),
    "pick_matte_point": Control(
        "point at the actor", "A point on the actor, set on the plate in a viewer, in the current frame."
    ),
    "pick_matte_point_off": Control(
        "point beside the actor",
        "A point on what is not the actor's, set on the plate in a viewer, in the current frame.",
    ),
    "make_matte": Control(
        "make matte",
        "Follow the actor through the plate and write a matte of them, which is then the shot's. Stopped, it goes on "
        "where it was; with more boxes or points it is made anew.",
    ),
    "make_clean_plate": Control(
        "make clean plate",
        "Write the plate without the actor and their shadow, made of the plate's other frames, and take it as the "
        "clean plate.",
    ),
    "generate": Control(
        "generate", "Render the shot as a new take. What it reads is made ready first, where it has changed."
    ),
    "cancel": Control("cancel", "Stop. Finished frames are kept, and the take can be continued."),
    "continue_take": Control(
        "continue take", "Render what is missing of a take that was stopped, as it was asked for then."
    ),
    "wedge": Control("render wedge", "A take for each of several seeds, and a contact sheet to pick from."),
    "wedge_count": Control("takes", "How many takes: with the seed, and the ones after it."),
    "farm_bundle": Control(
        "farm bundle",
        "Make ready what the shot reads, say what it needs (frames, hours, disk), and write a job bundle for a render "
        "farm, as a new take that waits. It is also submitted where AWS's command 'deadline' is installed.",
    ),
    "refresh": Control("refresh takes", "Look at the takes on disk again."),
    "remove_take": Control(
        "delete take", "Delete this take and its frames from disk (it asks first). This cannot be undone."
    ),
}


def control(name: str) -> Control:
    """The control of that name."""
    return CONTROLS[name]
