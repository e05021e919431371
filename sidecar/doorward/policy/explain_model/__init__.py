"""A model in words, for a person who never saw Casbin."""

from doorward.policy.explain_model.chapters import Chapter, Meaning, explain_model

__all__ = ["Chapter", "Meaning", "explain_model"]
