answer = "b"
WRONG = [("a", ("The answer",)), ("c", ("The answer",)), ("d", ("The answer",))]
