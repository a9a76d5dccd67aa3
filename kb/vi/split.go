package vi

import "unicode/utf8"

// longestJoined is the most letters that Split looks at: four or five syllables.
const longestJoined = 40

// longestPiece is the most letters of one piece ("nghiêng" has 7, "facebook" 8).
const longestPiece = 10

// Split cuts a word that was run together ("ởđâu", "cáchly") into words. known
// tells the words of the caller's vocabulary; other syllables are taken unwillingly.
// It returns nil when no cut into two or more pieces covers the whole word.
func Split(word string, known func(string) bool) []string {
	if len(word) > 3*longestJoined {
		return nil
	}
	starts := runeStarts(word)
	n := len(starts) - 1
	if n < 3 || n > longestJoined {
		return nil
	}
	const unreachable = 1 << 20
	cost := make([]int, n+1)
	from := make([]int, n+1)
	for end := 1; end <= n; end++ {
		cost[end] = unreachable
		for start := max(0, end-longestPiece); start < end; start++ {
			if start == 0 && end == n || cost[start] == unreachable {
				continue
			}
			c, ok := pieceCost(word[starts[start]:starts[end]], end-start, known)
			if ok && cost[start]+c < cost[end] {
				cost[end], from[end] = cost[start]+c, start
			}
		}
	}
	if cost[n] >= unreachable {
		return nil
	}
	var pieces []string
	for end := n; end > 0; end = from[end] {
		pieces = append(pieces, word[starts[from[end]]:starts[end]])
	}
	for i, j := 0, len(pieces)-1; i < j; i, j = i+1, j-1 {
		pieces[i], pieces[j] = pieces[j], pieces[i]
	}
	return pieces
}

// pieceCost prefers few pieces, then known ones; a lone letter is hardly ever meant.
func pieceCost(piece string, letters int, known func(string) bool) (int, bool) {
	switch {
	case letters == 1 && !Marked(piece):
		return 9, known(piece)
	case known(piece):
		return 4, true
	case letters > 1 && Syllable(piece):
		return 7, true
	}
	return 0, false
}

func runeStarts(s string) []int {
	starts := make([]int, 0, utf8.RuneCountInString(s)+1)
	for i := range s {
		starts = append(starts, i)
	}
	return append(starts, len(s))
}
