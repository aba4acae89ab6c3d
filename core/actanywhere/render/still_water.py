"""What is said of water: a picture of it stands still, unless a model paints it anew."""

from __future__ import annotations

from ..seeing.protocol import RegionMap

_MUCH = 0.05
"""Share of the condition picture from which on its water is told."""


def warn_of_still_water(
    water: RegionMap | None, plate_moves: bool, life: float, reads: frozenset[str]
) -> tuple[str, ...]:
    """What to warn of where the picture of the place is moved, by the regions of the condition that show ``water``.

    Where no network tells them, ``plate_moves`` does: the ground at the actor's feet moves by itself in the plate.
    ``reads`` are the settings that the engine reads, of which ``life`` repaints parts of the picture.
    """
    if life > 0 and "life" in reads:
        return ()
    if water is not None and (share := float(water.of("water").mean())) >= _MUCH:
        seen = f"{share:.0%} of the condition picture is water (by {water.source}), which stands still in the layer"
    elif water is None and plate_moves:
        seen = (
            "In the plate the ground at the actor's feet moves by itself, as water does; water in the condition "
            "picture stands still"
        )
    else:
        return ()
    repainted = (
        "--life 0.4 --alive MASK" if "life" in reads else "a model that does (--model vace-14b --life 0.4)"
    )
    return (f"{seen}, as smoke, leaves and crowds do. To repaint them: {repainted}.",)
