"""Rendering, from a job to a layer: preflight, scene, conditioning, painting, delivery."""
