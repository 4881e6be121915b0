"""Programs built in Python, line by line."""
