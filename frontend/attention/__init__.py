"""The page *Attention*: two models of the zoo side by side."""
