"""Nouns and laws: standard library only, no input or output, no clock."""
