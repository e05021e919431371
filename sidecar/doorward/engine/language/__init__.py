"""What expressions are made of: syntax, calls, functions and patterns, and the conditions of rules."""
