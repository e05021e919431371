"""A Casbin model: read from its text, checked, its matcher sorted into what an index can use and what not."""

from doorward.engine.model.model import (
    ALLOW_BY_DEFAULT,
    AUTHZEN_TOKENS,
    CTX,
    EFFECTS,
    STARS_ALONE,
    Comparison,
    Constraint,
    Model,
    ModelFile,
    PatternColumn,
    PolicyEffect,
    RoleCall,
    RoleDefinition,
    Unindexed,
)

__all__ = [
    "ALLOW_BY_DEFAULT",
    "AUTHZEN_TOKENS",
    "CTX",
    "EFFECTS",
    "STARS_ALONE",
    "Comparison",
    "Constraint",
    "Model",
    "ModelFile",
    "PatternColumn",
    "PolicyEffect",
    "RoleCall",
    "RoleDefinition",
    "Unindexed",
]
