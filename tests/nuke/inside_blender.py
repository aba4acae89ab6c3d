"""Inside Blender: the passes that it finds in an EXR, and one of them rendered through its compositor to another EXR.

python inside_blender.py LAYER.exr PASS OUT.exr WIDTH HEIGHT
"""

import json
import sys

import bpy

path, name, out, width, height = sys.argv[1:6]
scene = bpy.context.scene
scene.use_nodes = True
tree = scene.node_tree
tree.nodes.clear()
source = tree.nodes.new("CompositorNodeImage")
source.image = bpy.data.images.load(path)
target = tree.nodes.new("CompositorNodeComposite")
tree.links.new(source.outputs[name], target.inputs[0])
scene.render.resolution_x, scene.render.resolution_y = int(width), int(height)
scene.render.image_settings.file_format = "OPEN_EXR"
scene.render.image_settings.color_depth = "32"
scene.render.image_settings.color_mode = "RGBA"
scene.render.filepath = out
bpy.ops.render.render(write_still=True)
print("SAID " + json.dumps([socket.name for socket in source.outputs]), flush=True)
