"""Attention with scalar queries and keys in linear time, within an error that is asked for."""
