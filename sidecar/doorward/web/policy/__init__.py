"""The served policy, and changes of it, over HTTP."""
