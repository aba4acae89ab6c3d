"""Inpainting without a network: pull-push, and blending in the gradient domain."""
