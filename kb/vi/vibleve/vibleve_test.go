package vibleve_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/registry"
	"github.com/blevesearch/bleve/v2/search/query"
	"golang.org/x/text/unicode/norm"

	"tongdai/kb/vi"
	"tongdai/kb/vi/vibleve"
)

// texts are indexed in every test; their numbers are their ids.
var texts = []string{
	"Đăng ký khai sinh cho trẻ em tại Ủy ban nhân dân xã",
	norm.NFD.String("Hoà giải ở cơ sở, hoà Bình"),
	"Thủ tục xuống xe ở bến Sông Mã",
	"Tiêm chủng vắc xin mũi 2 ở đâu?",
	"Sinh con rồi khai báo tạm trú",
	vi.VNIWindows.Encode("Giấy phép lái xe hạng nhất được đổi ở sở nào"),
}

func newIndex(t *testing.T, analyzer string, options ...func(*mapping.IndexMappingImpl)) bleve.Index {
	t.Helper()
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = analyzer
	for _, o := range options {
		o(m)
	}
	index, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	})
	for i, text := range texts {
		if err := index.Index(fmt.Sprint(i), map[string]string{"text": text}); err != nil {
			t.Fatal(err)
		}
	}
	return index
}

// found are the ids of the texts that have all words of the question, sorted.
func found(t *testing.T, index bleve.Index, question, analyzer string) string {
	t.Helper()
	q := bleve.NewMatchQuery(question)
	q.SetField("text")
	q.Analyzer = analyzer
	if analyzer != vibleve.TypedAnalyzer { // which asks for several readings of a word
		q.SetOperator(query.MatchQueryOperatorAnd)
	}
	result, err := index.Search(bleve.NewSearchRequest(q))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, hit := range result.Hits {
		ids = append(ids, hit.ID)
	}
	if analyzer == vibleve.TypedAnalyzer {
		return strings.Join(ids[:min(1, len(ids))], " ")
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func TestAnIndexFindsWhatPeopleTakeForTheSame(t *testing.T) {
	for _, tt := range []struct{ name, analyzer, question, want string }{
		{"composed finds decomposed", vibleve.Analyzer, "hòa giải", "1"},
		{"decomposed finds composed", vibleve.Analyzer, norm.NFD.String("tiêm chủng"), "3"},
		{"either placement of the tone mark", vibleve.Analyzer, "hoà bình", "1"},
		{"capitals", vibleve.Analyzer, "ĐĂNG KÝ", "0"},
		{"marks left out find nothing where marks count", vibleve.Analyzer, "dang ky", ""},
		{"marks left out", vibleve.FoldAnalyzer, "dang ky khai sinh", "0"},
		{"đ is d", vibleve.FoldAnalyzer, "o dau", "3"},
		{"marks typed where they do not count", vibleve.FoldAnalyzer, "đăng kí", ""},
		{"spelled by ear", vibleve.PhoneticAnalyzer, "đăng kí khai xinh", "0"},
		{"a region's spelling", vibleve.PhoneticAnalyzer, "suống se xông mã", "2"},
		{"neighbours", vibleve.PairsAnalyzer, "khai sinh", "0"},
		{"raw Telex", vibleve.TypedAnalyzer, "tieem chungr", "3"},
		{"raw VNI", vibleve.TypedAnalyzer, "kha1i ba1o ta5m tru1", "4"},
		{"an abbreviation with two readings", vibleve.TypedAnalyzer, "dk ks", "0"},
		{"words run together", vibleve.TypedAnalyzer, "tiemchung", "3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			indexed := tt.analyzer
			if indexed == vibleve.TypedAnalyzer {
				indexed = vibleve.FoldAnalyzer
			}
			if got := found(t, newIndex(t, indexed), tt.question, tt.analyzer); got != tt.want {
				t.Errorf("%q finds %q, want %q", tt.question, got, tt.want)
			}
		})
	}
}

func TestPartsMakeAnalysersOfOnesOwn(t *testing.T) {
	index := newIndex(t, "own", func(m *mapping.IndexMappingImpl) {
		if err := m.AddCustomTokenFilter("words_and_pairs", map[string]any{"type": vibleve.PairsFilter, "words": true}); err != nil {
			t.Fatal(err)
		}
		err := m.AddCustomAnalyzer("own", map[string]any{
			"type": custom.Name, "char_filters": []string{vibleve.LegacyFilter, vibleve.NormalizeFilter}, "tokenizer": unicode.Name,
			"token_filters": []string{vibleve.ToneFilter, vibleve.FoldFilter, "words_and_pairs"},
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if got := found(t, index, "giay phep lai xe", "own"); got != "5" {
		t.Errorf("the text in VNI: found %q", got)
	}
	if got := found(t, index, "xe xuong", "own"); got != "" {
		t.Errorf("words in another order: found %q", got)
	}
	m := bleve.NewIndexMapping()
	if err := m.AddCustomTokenFilter("wrong", map[string]any{"type": vibleve.PairsFilter, "words": "yes"}); err == nil || !strings.Contains(err.Error(), "words must be true or false") {
		t.Errorf("a wrong setting gives %v", err)
	}
}

func TestTokensOfTheAnalysers(t *testing.T) {
	for _, tt := range []struct{ analyzer, in, want string }{
		{vibleve.Analyzer, "Hoà Bình ở đâu? 24/7", "1:hòa 2:bình 3:ở 4:đâu 5:24 6:7"},
		{vibleve.FoldAnalyzer, "Hoà Bình ở đâu?", "1:hoa 2:binh 3:o 4:dau"},
		{vibleve.PairsAnalyzer, "Hoà Bình ở đâu?", "1:hoa_binh 2:binh_o 3:o_dau"},
		{vibleve.PhoneticAnalyzer, "suống se", "1:xuon 2:xe"},
		{vibleve.TypedAnalyzer, "đk tieem", "1:dk 1:dang 1:dieu 2:ky 2:kien 3:tieem 3:tiem"},
		{vibleve.TypedAnalyzer, "tim", "1:tim"},
		{vibleve.Analyzer, " …🙏", ""},
	} {
		var got []string
		for _, token := range analyze(t, tt.analyzer, tt.in) {
			got = append(got, fmt.Sprintf("%d:%s", token.Position, token.Term))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s gives %q for %q, want %q", tt.analyzer, got, tt.in, tt.want)
		}
	}
}

func analyze(t testing.TB, analyzer, text string) analysis.TokenStream {
	t.Helper()
	a, err := registry.NewCache().AnalyzerNamed(analyzer)
	if err != nil {
		t.Fatal(err)
	}
	return a.Analyze([]byte(text))
}

func TestLongTextsAreIndexedWhole(t *testing.T) {
	text := strings.Repeat("xin chào các bạn ", 10_000) + "khai sinh"
	tokens := analyze(t, vibleve.FoldAnalyzer, text)
	if last := tokens[len(tokens)-1]; string(last.Term) != "sinh" || last.End != len(text) || len(tokens) != 40_002 {
		t.Errorf("%d tokens, the last is %v", len(tokens), last)
	}
}

func BenchmarkAnalyzers(b *testing.B) {
	text := strings.Join(texts[:5], ". ")
	for _, name := range []string{vibleve.Analyzer, vibleve.FoldAnalyzer, vibleve.PhoneticAnalyzer, vibleve.PairsAnalyzer, vibleve.TypedAnalyzer} {
		a, err := registry.NewCache().AnalyzerNamed(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				a.Analyze([]byte(text))
			}
		})
	}
}

func FuzzAnalyzers(f *testing.F) {
	for _, s := range append(texts, "đk tieem va81c xin ởđâu", "\xff", "a\u0301\u0323 bhyt k dc", "ðÐ") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{vibleve.Analyzer, vibleve.FoldAnalyzer, vibleve.PairsAnalyzer, vibleve.PhoneticAnalyzer, vibleve.TypedAnalyzer} {
			position := 0
			for _, token := range analyze(t, name, text) {
				if token.Start < 0 || token.End > len(text) || token.Start >= token.End {
					t.Fatalf("%s: %v lies outside of %q", name, token, text)
				}
				if !utf8.Valid(token.Term) || len(token.Term) == 0 {
					t.Errorf("%s: term %q of %q", name, token.Term, text)
				}
				if token.Position < position || token.Position == 0 {
					t.Errorf("%s: %v stands behind position %d", name, token, position)
				}
				position = token.Position
			}
		}
	})
}
