"""Programs that run in a process of their own: one contestant each, told what to do over a pipe."""
