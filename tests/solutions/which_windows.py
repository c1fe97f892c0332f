answer = [4, 6, 8]
WRONG = [([2, 4, 6, 8], ("The answer",)), ([4, 6], ("The answer",)), ([8], ("The answer",))]
