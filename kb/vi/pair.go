package vi

// Pair is the one term for two neighbouring words, folded as a rule: "tiem_chung".
// Pairs tell "khai sinh" from a text that has "khai" here and "sinh" there.
func Pair(first, second string) string { return first + "_" + second }
