"""The language: values, text, checks; nothing here draws, plans or runs."""
