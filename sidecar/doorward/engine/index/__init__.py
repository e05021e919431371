"""Which few rules may concern a question: the tree, the compiled search, the order of rules."""
