"""From noise to latents: schedule, solvers, guidance and temporal windows.

Nothing here knows a network: a *denoiser* is any callable from a noisy latent and a timestep to the clean latent.
"""
