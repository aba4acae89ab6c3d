"""True 3-D clips for the corpus: what ``make_cycles_clips.py`` plans, films in Blender and packs."""
