"""Equations: one tree for a let or a step, printed in index notation, LaTeX, einsum and loops."""
