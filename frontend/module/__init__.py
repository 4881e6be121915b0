"""The page *Module*: a document as an ordinary module of PyTorch."""
