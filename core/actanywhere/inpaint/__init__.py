"""Pictures completed without a network: smooth fill, patch search, gradient-domain blending, outpainting."""
