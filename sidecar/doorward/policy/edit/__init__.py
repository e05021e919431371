"""Changes of policy as changes of text: comments, order, blank lines and layout stay as they are.

`rows` edits policy CSV and `entries` YAML; a module for each kind of change (`rules`, `roles`) says what is
written where, and `checked` loads the result and holds it to what was asked. A new kind of change is a new
module beside them, that gives `checked` its expectation.
"""

from doorward.policy.edit.editor import Editor

__all__ = ["Editor"]
