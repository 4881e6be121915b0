"""Edits of a document: one value for each kind, and one pure function that applies it."""
