"""A run: spec → net, readers, solver, hooks, run directory."""
