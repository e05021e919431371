"""Doorward: a policy-as-code authorization sidecar."""

__version__ = "0.1.0"
