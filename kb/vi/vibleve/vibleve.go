// Package vibleve gives package vi to Bleve: import it for its effect, and name its
// parts in mappings.
//
//	import _ "tongdai/kb/vi/vibleve"
//
//	m := bleve.NewIndexMapping()
//	m.DefaultAnalyzer = vibleve.FoldAnalyzer
//
// # Analysers
//
// [Analyzer] keeps marks: who types "hòa" finds "hoà" and "HÒA", composed or not,
// but not "hoa". [FoldAnalyzer] drops them, so that "dang ky" finds "đăng ký".
// [PhoneticAnalyzer] joins what regional accents mix up as well ("xông" and "sông"),
// and [PairsAnalyzer] makes terms of two neighbouring words each, which tell "khai
// sinh" from "sinh" and "khai" far apart.
//
// [TypedAnalyzer] is for the questions of people who type as they like: raw Telex and
// VNI keystrokes, chat abbreviations and words run together are read, and what
// was typed stays beside what it may mean. Use it for the query alone, against a
// field of FoldAnalyzer:
//
//	q := bleve.NewMatchQuery("tieem chungr o dau z")
//	q.Analyzer = vibleve.TypedAnalyzer
//
// Index one text in several fields, one for each analyser, and give the stricter ones
// the greater boost: marks that were typed are evidence.
//
// # Parts
//
// The analysers are made of parts that go into analysers of one's own, by name:
// the tokenizer [Tokenizer], the char filters [LegacyFilter] and [NormalizeFilter],
// and the token filters [ToneFilter], [FoldFilter], [PhoneticFilter], [PairsFilter],
// [ChatFilter], [KeyboardFilter] and [JoinedFilter]. Filters behind the Tokenizer
// get normalised words; behind another tokenizer put ToneFilter first.
//
// Offsets of tokens lie in the text that the tokenizer was given, which without char
// filters is the field as it was indexed; highlighting works. Char filters change the
// length of texts, so leave them out where matches are highlighted.
package vibleve

import (
	"fmt"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"
)

// Names of the analysers.
const (
	Analyzer         = "vi"          // normalised words, with their marks
	FoldAnalyzer     = "vi_fold"     // words without marks
	PairsAnalyzer    = "vi_pairs"    // pairs of neighbouring words without marks: "tiem_chung"
	PhoneticAnalyzer = "vi_phonetic" // words as they sound in every region
	TypedAnalyzer    = "vi_typed"    // words without marks, with all that chat and keyboards make of them
)

// Names of the parts.
const (
	Tokenizer       = "vi"           // words, normalised (vi.Words)
	LegacyFilter    = "vi_legacy"    // char filter: VNI, TCVN3 and others become Unicode (vi.Legacy)
	NormalizeFilter = "vi_normalize" // char filter: NFC, lower case, one placement of tone marks (vi.Normalize)
	ToneFilter      = "vi_tone"      // token filter: the same for the terms of any tokenizer
	FoldFilter      = "vi_fold"      // token filter: terms without marks (vi.Fold)
	PhoneticFilter  = "vi_phonetic"  // token filter: terms by sound; folds them too (vi.Sound)
	PairsFilter     = "vi_pairs"     // token filter: pairs in place of terms, joined by "_"; {"words": true} keeps the terms
	ChatFilter      = "vi_chat"      // token filter: readings of abbreviations beside them (vi.Chat)
	KeyboardFilter  = "vi_keyboard"  // token filter: what raw Telex or VNI keys spell beside them (vi.Telex, vi.VNI)
	JoinedFilter    = "vi_joined"    // token filter: the words of joined ones beside them (vi.Split)
)

func init() {
	for name, a := range map[string]analysis.Analyzer{
		Analyzer:         &analysis.DefaultAnalyzer{Tokenizer: tokenizer{}},
		FoldAnalyzer:     &analysis.DefaultAnalyzer{Tokenizer: tokenizer{folded: true}},
		PairsAnalyzer:    &analysis.DefaultAnalyzer{Tokenizer: tokenizer{folded: true}, TokenFilters: filters(pairs{})},
		PhoneticAnalyzer: &analysis.DefaultAnalyzer{Tokenizer: tokenizer{folded: true}, TokenFilters: filters(phonetic)},
		TypedAnalyzer:    &analysis.DefaultAnalyzer{Tokenizer: tokenizer{}, TokenFilters: filters(typed, fold)},
	} {
		must(name, registry.RegisterAnalyzer(name, func(map[string]any, *registry.Cache) (analysis.Analyzer, error) {
			return a, nil
		}))
	}
	must(Tokenizer, registry.RegisterTokenizer(Tokenizer, func(map[string]any, *registry.Cache) (analysis.Tokenizer, error) {
		return tokenizer{}, nil
	}))
	for name, f := range map[string]analysis.CharFilter{LegacyFilter: legacy, NormalizeFilter: normalize} {
		must(name, registry.RegisterCharFilter(name, func(map[string]any, *registry.Cache) (analysis.CharFilter, error) {
			return f, nil
		}))
	}
	for name, f := range map[string]analysis.TokenFilter{
		ToneFilter: tone, FoldFilter: fold, PhoneticFilter: phonetic,
		ChatFilter: expander{chatReadings}, KeyboardFilter: expander{keyboardReadings}, JoinedFilter: expander{joinedReadings},
	} {
		must(name, registry.RegisterTokenFilter(name, func(map[string]any, *registry.Cache) (analysis.TokenFilter, error) {
			return f, nil
		}))
	}
	must(PairsFilter, registry.RegisterTokenFilter(PairsFilter, newPairs))
}

// must panics when another package claims the name: a mistake of the program, seen at once.
func must(name string, err error) {
	if err != nil {
		panic(fmt.Sprintf("vibleve: register %s: %v", name, err))
	}
}

func filters(f ...analysis.TokenFilter) []analysis.TokenFilter { return f }
