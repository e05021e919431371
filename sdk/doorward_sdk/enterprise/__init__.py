"""The managers of the enterprise requirements, over the default client: one module a chapter.

A host that used `bmad.core.enterprise` imports `doorward_sdk.enterprise` instead. Where something is not there,
a manager answers None or False; where no answer comes, it raises as the client does.
"""
