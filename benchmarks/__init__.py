"""How fast, how large, and against whom.

    python -m benchmarks                        unet, curve, roles and shots: some five minutes on two quiet cores
    python -m benchmarks unet roles             those alone
    python -m benchmarks fast                   a model at 25 steps, and what takes less time, by the same measures
    python -m benchmarks delivery               HD and 4K frames delivered, against reading and writing alone
    python -m benchmarks memory                 peak memory of 48 and of 2,000 small frames: 15 minutes
    python -m benchmarks full                   the U-Net at the paper's size (12 GB of memory, 10 minutes)
    python -m benchmarks gpu                    ten minutes with a CUDA card: tests, and the U-Net at full size
    python -m benchmarks mattes --plates DIR... the matte command on shots with mattes made by hand
    python -m benchmarks given --plates DIR...  what is told of mattes that were damaged on purpose
    python -m benchmarks regions --shots DIR    shadow, camera and placement without regions, and with right ones
    python -m benchmarks --output DIR           where tables and pictures go
    python -m benchmarks --readme README.md     besides, the tables in the README

unet    rendering's pass through the U-Net against diffusers' own: exact, held by an error gate over a trajectory
curve   quality against seconds at several counts of steps, from which draft, preview and final are chosen
roles   seconds and memory of everything that reads a picture
shots   ``actanywhere render`` on made-up shots of 640x360, each in processes of its own

Every figure is printed, and written to the output folder: benchmarks.json, benchmarks.md, and a PNG a benchmark.
Seconds are the wall's where nothing else is said; "processor" is processor time over all threads, which a busy machine
spoils less. Peak memory is ru_maxrss of the largest process. The exit status is 1 where a gate was missed.

Others that have tables of their own: ``benchmarks.slide`` (feet on the ground), ``benchmarks.farm`` (two hosts, one
killed), ``benchmarks.hours`` (400 shots on 40 hosts).
"""
