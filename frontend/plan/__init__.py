"""The page *Plan*: the steps in which a document is merged, and what each costs."""
