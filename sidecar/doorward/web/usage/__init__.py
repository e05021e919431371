"""Usage over HTTP: events come in, what they come to is read, and thresholds are told."""
