"""Verbs: what can be asked of Doorward, one module a feature. Standard library only."""
