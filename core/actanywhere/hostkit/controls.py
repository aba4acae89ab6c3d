"""The controls that both hosts have beside the settings: one name, one label, one tooltip each.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict

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
        "A still matte of the person painted into a composite condition, if there is one.",
    ),
    "scribble": Control(
        "scribble",
        "A picture of the same size as the picture of the place, with strokes: green or white over what to remove, "
        "red over what to keep.",
    ),
    "extended": Control(
        "extended picture",
        "Your own extended picture of the place: at the picture's scale, larger to any side, without who else was in "
        "it. Nothing is filled then. Every render writes its own beside the layer, NAME_place.png, to paint over.",
    ),
    "pick_box": Control(
        "add box", "Draw a box around someone to remove, over the picture of the place in a viewer."
    ),
    "pick_point": Control(
        "add point", "Set a point on someone to remove, on the picture of the place in a viewer."
    ),
    "pick_place": Control(
        "frame picture",
        "Draw a box around what the frame shows of the picture of the place, in a viewer. It may reach beyond the "
        "picture.",
    ),
    "matte_box": Control(
        "box around the actor",
        "A box around the actor, for a matte from the plate alone: x,y,width,height@frame in pixels from the upper "
        "left corner; separate several with semicolons. Without any box or point, the actor is whoever moves most.",
    ),
    "matte_point": Control(
        "points on the actor",
        "Points on the actor: x,y@frame in pixels of the plate; separate several with semicolons.",
    ),
    "matte_point_off": Control(
        "points beside the actor",
        "Points on what is not the actor (a passer-by, a bag): x,y@frame in pixels of the plate. The same frame "
        "needs a box or a point on the actor, too.",
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
        "Make a matte of the actor from the plate, and use it as the shot's matte. A stopped one continues; with "
        "other boxes or points it is made again.",
    ),
    "make_clean_plate": Control(
        "make clean plate",
        "Write the plate without the actor and their shadow, made of the plate's other frames, and take it as the "
        "clean plate.",
    ),
    "generate": Control(
        "generate", "Render the shot as a new take. Inputs that have changed are rendered first."
    ),
    "cancel": Control("cancel", "Stop. Finished frames are kept, and the take can be continued."),
    "continue_take": Control(
        "continue take",
        "Render the missing frames of a stopped take, with the settings that it was started with.",
    ),
    "wedge": Control(
        "render wedge", "Render a take for each of several seeds, and a contact sheet to choose from."
    ),
    "wedge_count": Control("takes", "How many takes: the seed, and the ones after it."),
    "farm_bundle": Control(
        "farm bundle",
        "Write the shot as a job bundle for a render farm, in a new take that waits. Its inputs are rendered first, "
        "and what it needs (frames, time, disk) is shown. It is also submitted where AWS's command 'deadline' is "
        "installed.",
    ),
    "make_camera": Control(
        "make camera",
        "Make a camera of the take's solved camera, so that CG stands in the same place. Only a take that was rendered "
        "with the camera '3d' has one.",
    ),
    "refresh": Control("refresh takes", "Read the list of takes from disk again."),
    "remove_take": Control(
        "delete take", "Delete this take and its frames from disk (it asks first). This cannot be undone."
    ),
}


def control(name: str) -> Control:
    """The control of that name."""
    return CONTROLS[name]
