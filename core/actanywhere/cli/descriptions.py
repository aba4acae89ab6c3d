"""The help texts of the commands: descriptions, examples, list formats."""

from __future__ import annotations

TOP = """\
A new, moving world behind the actor, as a layer in the comp.

You give the plate, a matte of the actor and one picture of the place; you get one EXR a frame with
the background as a layer (generated_bg) and the plate comped over it.
"""

TOP_EXAMPLES = """\
examples:
  actanywhere demo                                      render the example shot
  actanywhere selftest --model vace-1.3b                test a model on this machine
  actanywhere doctor                                    check this machine
  actanywhere models pull vision                        networks that read your pictures
  actanywhere render --plate plate.####.exr --matte roto.####.exr --condition place.jpg --output bg
  actanywhere render ... --preview                      a rough take, to check the set-up
  actanywhere render ... --frames 1001-1024 --seed 7    a part of the plate, another take
  actanywhere render ... --dry-run                      what would be read and written
  actanywhere batch shots.csv                           many shots, one loaded model
  actanywhere batch shots.csv --openjd bundle           the same on a farm
  actanywhere review bg                                 a contact sheet and a movie of a rendered folder
  actanywhere review --wedge a b c --output sheet.png   a sheet of takes to choose from

Stop with Ctrl-C: finished frames are kept, and the same command continues from them.
exit status: 0 done, 1 worker failed, 2 bad input (nothing was touched), 130 stopped
"""

BATCH = """\
shots.csv, paths relative to the list:
  name,plate,matte,condition,output,camera,seed
  run_010,run/plate.####.exr,run/matte.####.png,place.jpg,out/run_010,auto,0

shots.json:
  {"defaults": {"condition": "place.jpg"},
   "shots": [{"name": "run_010", "plate": "run/plate.####.exr", "matte": "run/matte.####.png",
              "output": "out/run_010", "seed": 7}]}

A column or a key is any flag of 'actanywhere render' without its dashes (matte_channel, plate_first, ...).
The flags below win over the list. Finished frames are recognised: run the same command to continue.
"""

MODELS = """\
variables:
  ACTANYWHERE_MODELS   model libraries, searched in this order before your own; pulls go to the first writable one
  HF_ENDPOINT          a mirror of the hub        HF_HUB_OFFLINE=1  no contact with it
  HF_HOME              its cache                  HF_TOKEN          for repositories that need a login
"""

MATTE = """\
Writes a matte of the actor from the plate alone, as EXR frames in the plate's own numbers (channel A),
with its metadata and time code. Give a box, a click or a rough matte of the actor in any frame; without one, the
actor is the most prominent mover. SAM 2.1 follows them if it is installed ('actanywhere models pull matte'), else a
network for stills with optical flow. Unsure frames are listed, and shown in review/matte_sheet.png: run the command
again with a box or a click in one of them, into the same folder. Stop with Ctrl-C: the same command continues.
"""

MATTE_EXAMPLES = """\
examples:
  actanywhere matte --plate plate.####.exr --box 610,220,180,420 --output roto
  actanywhere matte --plate plate.####.exr --click 700,400 --click-off 640,300 --click 820,410@1032 --output roto
  actanywhere matte --plate plate.mov --matte rough.1020.png@1020 --output roto
"""
