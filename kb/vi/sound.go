package vi

import "strings"

// Sound is the folded word spelled by ear, so that what regional accents mix up
// falls together: ch/tr, s/x, d/gi/r/v, l/n at the beginning, n/ng, t/c at the end,
// i/y. "xuống se" and "xuống xe" sound alike; so do many words that are not the
// same, hence a match by sound is weak evidence.
//
// In most of the North ch and tr, s and x, d, gi and r are one sound, in parts of it l
// and n; in the South d, gi and v are, and so are n and ng, t and c at the end. The key
// joins all of it at once, since a text does not tell where it comes from.
func Sound(folded string) string {
	if !FoldedSyllable(folded) && !soundsLike(folded) {
		return folded
	}
	s := folded
	for _, o := range onsetSounds {
		if rest, ok := strings.CutPrefix(s, o.from); ok && rest != "" {
			s = o.to + rest
			break
		}
	}
	switch {
	case strings.HasSuffix(s, "ng"), strings.HasSuffix(s, "nh"):
		s = s[:len(s)-1]
	case strings.HasSuffix(s, "ch"):
		s = s[:len(s)-2] + "t"
	case strings.HasSuffix(s, "c"):
		s = s[:len(s)-1] + "t"
	}
	return strings.ReplaceAll(s, "y", "i")
}

// onsetSounds is read in order: longer spellings come first.
var onsetSounds = []struct{ from, to string }{
	{"ngh", "ng"}, {"ng", "ng"}, {"nh", "nh"}, {"gh", "g"},
	{"gi", "d"}, {"tr", "ch"}, {"th", "th"}, {"ph", "ph"}, {"f", "ph"}, {"ch", "ch"},
	{"qu", "qu"}, {"kh", "kh"}, {"k", "c"},
	{"s", "x"}, {"r", "d"}, {"v", "d"}, {"z", "d"}, {"n", "l"},
}

// soundsLike lets words spelled by ear with f, z, w pass as syllables.
func soundsLike(folded string) bool {
	if rest, ok := strings.CutPrefix(folded, "f"); ok {
		return FoldedSyllable("ph" + rest)
	}
	if rest, ok := strings.CutPrefix(folded, "z"); ok {
		return FoldedSyllable("d" + rest)
	}
	return false
}

// SameEar reports whether two normalised words differ only in hỏi against ngã,
// which half of the country says alike.
func SameEar(a, b string) bool {
	x, toneX := bare(a)
	y, toneY := bare(b)
	return x == y && oneToTheEar(toneX, toneY)
}

// SameTone reports whether two normalised words carry the same tone, hỏi and ngã
// counting as one, so that "xông" may be meant for "sông" but not for "sống".
func SameTone(a, b string) bool { return oneToTheEar(toneOf(a), toneOf(b)) }

func toneOf(word string) (tone uint8) {
	for _, r := range word {
		_, tone = untoned(r, tone)
	}
	return tone
}

func oneToTheEar(x, y uint8) bool {
	mixed := func(t uint8) bool { return t == hook || t == tilde }
	return x == y || mixed(x) && mixed(y)
}
