"""The public tier: static pages on one origin, a pipe to the gate on another."""
