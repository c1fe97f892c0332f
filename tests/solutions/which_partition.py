answer = "c"
WRONG = [("a", ("The answer",)), ("b", ("The answer",)), ("d", ("The answer",))]
