"""The page *Playground*: a text and its picture, side by side."""
