"""The page *Gallery*: every program of the zoo."""
