// Package vi turns Vietnamese as people type it into words that can be compared,
// for search and for whatever else has to understand short texts. It needs no other
// part of the project and no search engine; its sister package vibleve makes Bleve
// analysers of it.
//
// # Words
//
// Two texts that a reader takes for the same must give the same words: composed
// and decomposed Unicode, capitals, "hoà" and "hòa". That much is [Words], and it
// loses nothing. [Normalize] does it to a whole text.
//
//	for _, w := range vi.Words("Đăng ký HOÀ giải") {
//		fmt.Println(w.Text) // đăng, ký, hòa, giải
//	}
//
// Schools differ on where a tone mark stands. Textbooks follow the Ministry of
// Education (decision 1989/QĐ-BGDĐT of 25 May 2018, article 8): on the main vowel,
// "hoà", "thuỷ". Most keyboards and much of the press follow the older habit:
// "hòa", "thủy". Words get the older one, since most texts have it already.
//
// # Forms that lose something
//
// They are kept apart from the word itself, because a match by them is weaker
// evidence: [Fold] drops the marks and turns đ into d, which is how many people type;
// [Agrees] tells marks left out from other marks; [Sound] drops what regional accents
// mix up; [Pair] is one term for two neighbours.
//
// # What was meant
//
// [Telex] and [VNI] read keystrokes that the keyboard left raw, [Chat] knows
// abbreviations, [Split] parts words run together, [CollapseRepeats] and [Undouble]
// shorten what was stretched, [Restore] puts marks back where none were typed, and a
// [Speller] repairs slips with the caller's own vocabulary. All of them only guess;
// a sound order is to take a word as it stands if the vocabulary has it, then keys,
// abbreviations, joined words, and slips last.
//
// [Syllable] is what keeps the guesses honest. A Vietnamese syllable is an onset, one
// of some 160 rimes, and a tone; spelling says which go together (c, g, ng before
// a, o, u; k, gh, ngh before e, ê, i, y), and rimes that end in c, ch, p, t carry sắc
// or nặng alone. The table knows spelling, not meaning; [Common] says whether real
// texts have the syllable.
//
// # Before Unicode
//
// Old sheets and mails hold text of fonts and code pages: VNI-Windows, TCVN3 (ABC),
// windows-1258, VIQR. [Legacy] recognises and converts it, and leaves everything else
// alone; [Guess] says how sure that is.
//
// # Sources
//
//   - letters: the 134 beyond ASCII of TCVN 6909:2001, which is Unicode's Latin blocks
//   - TCVN3: TCVN 5712:1993, set VN3; windows-1258: Microsoft's table, as Unicode
//     publishes it; VIQR: RFC 1456; VNI: the charts of VNI Software for VNI-Windows
//   - Telex keys: aa aw dd ee oo ow uw and w, tones s f r x j; VNI keys: 6 for the hat,
//     7 for the horn, 8 for the breve, 9 for đ, tones 1 to 5 (sắc huyền hỏi ngã nặng)
//   - function words: data/weak.txt, with its licence beside it; abbreviations and
//     courtesies: collected for this project
//   - counts of syllables and pairs: this project's own texts, made by gen
//
// # Promises
//
// Nothing here fails. Any bytes give some words, in time proportional to their
// number; texts are cut after [MaxWords] words, words after [MaxWordBytes]. Folding
// twice is folding once, what Legacy gives it leaves alone, and valid UTF-8 stays
// valid. All functions may be used by many goroutines.
package vi
