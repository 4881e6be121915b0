"""Strings that others use, read as programs and written: einsum, conv_einsum, einops' patterns."""
