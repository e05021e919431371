"""How the administrative API is asked: requests sent once more, problems, strict JSON."""
