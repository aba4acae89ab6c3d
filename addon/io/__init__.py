"""The host-neutral room: files and frame numbers, child processes, the engine, the course of a job. No bpy."""
