// Package vi turns Vietnamese as people type it into words that can be compared.
//
// Two texts that a reader takes for the same must give the same words: composed
// and decomposed Unicode, capitals, "hoà" and "hòa". That much is [Words], and it
// loses nothing. Beyond that come forms that lose something and are therefore kept
// apart from the word itself: [Fold] drops the marks, [Sound] drops what regional
// accents mix up, and [Telex], [VNI], [Chat] and [Split] guess what was meant by
// keystrokes left raw, chat abbreviations and words run together. They only guess:
// the caller decides with its own vocabulary whether a guess is wanted.
//
// The same words are available to Bleve as the analysers named [Analyzer],
// [FoldAnalyzer] and [PairsAnalyzer].
//
// Nothing here fails. Any bytes give some words, in time proportional to their
// number; texts are cut after [MaxWords] words, words after [MaxWordBytes].
package vi
