"""Limits: asked, counted, reserved, and functions that count."""
