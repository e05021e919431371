"""AuthZEN's questions, and Casbin's own, over HTTP."""
