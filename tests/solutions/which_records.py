answer = ["B", "D", "E"]
WRONG = [(["D"], ("The answer",)), (["A", "C", "D"], ("The answer",)), (["B", "C", "D", "E"], ("The answer",))]
