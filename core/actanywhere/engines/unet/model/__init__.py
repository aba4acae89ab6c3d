"""The network: denoiser, motion modules, condition encoder, autoencoder, and their folder on disk."""
