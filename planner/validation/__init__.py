"""Answer questions whose outcome is known, with the facts of that day, and score the answers."""
