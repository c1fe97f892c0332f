"""The exercises: what each asks, how an answer is tried on the real broker, and the verdict on it."""
