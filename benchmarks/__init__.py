"""How fast, how large, and against whom.

    python -m benchmarks                        everything, some 15 minutes on two quiet cores
    python -m benchmarks exact --quick          one part, few steps
    python -m benchmarks shots --frames 16 128  whole shots of these lengths
    python -m benchmarks --model random         without a trained model (speed does not depend on weights)
    python -m benchmarks none --mattes DIR...   the matte command on shots with mattes made by hand
    python -m benchmarks --json FILE            besides, all numbers for a machine

Two tracks, never mixed in one ratio:

exact   our sampling against diffusers' own UNetMotionModel and DDIMScheduler: same weights, same start noise, 50
        steps of DDIM, guidance 5. The latents after every step must agree (the error gate), so the ratio is one of
        implementation alone.
fast    our default settings (fewer steps of another solver) and our preview against that same 50-step peer. The
        result differs; whether it is good enough is for eyes and metrics on real shots, not for this ratio.
shots   `actanywhere render` on made-up shots of 16, 32, 64 frames, each in processes of its own.

Contenders run in one process, in turn (A B A B), at least five rounds; medians are reported, by the wall's
clock and in processor time over all threads (on a busy machine, trust the second). In every round a plain
matrix multiplication runs too: "share of peak" is the work torch counts, over the time, over the best that the
multiplication reached in the same run. Peak memory is ru_maxrss of a process that does nothing else.
"""
