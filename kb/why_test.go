package kb_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

func TestWhyTellsHowEachWordWasReadAndFound(t *testing.T) {
	ix := openIndex(t, smallBase())
	for _, tt := range []struct {
		question, typed string
		meant           string
		reading         kb.Reading
		way             kb.Way
		word            string
		answer          bool
	}{
		{"đăng ký tiêm vắc xin ở đâu", "tiêm", "tiêm", kb.AsTyped, kb.Exact, "tiêm", false},
		{"keo dai thi bao ai", "keo", "keo", kb.AsTyped, kb.Unmarked, "kéo", false},
		{"đki tiêm vx ở đâu", "đki", "đăng", kb.Abbreviation, kb.Exact, "đăng", false},
		{"ddawng kys tieem vawsc xin", "tieem", "tiêm", kb.Keystrokes, kb.Exact, "tiêm", false},
		{"làm căncước côngdân", "căncước", "căn", kb.Joined, kb.Exact, "căn", false},
		{"phản ánh rác tthải", "tthải", "thải", kb.Doubled, kb.Exact, "thải", false},
		{"mất điện kéo rài", "rài", "rài", kb.AsTyped, kb.Sound, "dài", false},
		{"mất điện gọi tổng đài", "tổng", "tổng", kb.AsTyped, kb.Exact, "tổng", true},
		{"làm cccd cần giấy tờ", "cccd", "căn", kb.Abbreviation, kb.Exact, "căn", false},
		{"thời hạn cấp thẻ căn cước", "thẻ", "thẻ", kb.AsTyped, kb.Synonym, "căn cước", false},
	} {
		t.Run(tt.question, func(t *testing.T) {
			w := ix.Why(tt.question, 3)
			for i, read := range w.Words {
				if read.Typed != tt.typed {
					continue
				}
				if read.Meant[0] != tt.meant || read.Reading != tt.reading {
					t.Errorf("%q was read as %q by %q, want %q by %q", read.Typed, read.Meant, read.Reading, tt.meant, tt.reading)
				}
				if found := w.Hits[0].Words[i]; found != (kb.FoundWord{Way: tt.way, Word: tt.word, Answer: tt.answer}) {
					t.Errorf("%s has for it %+v", w.Hits[0].Entry.ID, found)
				}
				return
			}
			t.Errorf("%q is none of %+v", tt.typed, w.Words)
		})
	}
}

func TestWhyNamesTheWordingThatWasMostAlike(t *testing.T) {
	ix := openIndex(t, smallBase())
	if got := ix.Why("chích ngừa chỗ nào", 1).Hits[0].Wording; got != "Chích ngừa đăng ký chỗ nào" {
		t.Errorf("it was %q", got)
	}
	if w := ix.Why("🙂", 3); len(w.Hits)+len(w.Words) > 0 {
		t.Errorf("a smile has %+v", w)
	}
}

func TestWhyIsWhatSearchDoes(t *testing.T) {
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := eval.LoadQuestions("testdata/queries.csv")
	if err != nil {
		t.Fatal(err)
	}
	ix := openIndex(t, entries)
	for _, q := range asked[:400] {
		hits, err := ix.Search(t.Context(), q.Text, 5)
		if err != nil {
			t.Fatal(err)
		}
		w := ix.Why(q.Text, 5)
		if len(w.Hits) != len(hits) {
			t.Fatalf("%q: %d hits explained of %d", q.Text, len(w.Hits), len(hits))
		}
		for i, h := range w.Hits {
			if !reflect.DeepEqual(h.Hit, hits[i]) {
				t.Errorf("%q: hit %d is %s %v, and is explained as %s %v", q.Text, i, hits[i].Entry.ID, hits[i].Confidence, h.Entry.ID, h.Confidence)
			}
			z := h.Start
			for _, p := range h.Parts {
				z += p.Points
			}
			if p := 1 / (1 + math.Exp(-z)); len(h.Rules) == 0 && i == 0 && math.Abs(p-h.Confidence) > 1e-9 {
				t.Errorf("%q: the parts come to %v, the confidence is %v", q.Text, p, h.Confidence)
			}
		}
	}
}

func TestWhyTellsTheRulesThatTakeFromAConfidence(t *testing.T) {
	districts := []kb.Entry{
		published("A", "Đường dây nóng của huyện Hà Trung là số nào?", "0237 111."),
		published("B", "Đường dây nóng của huyện Nga Sơn là số nào?", "0237 222."),
		published("C", "Đường dây nóng của huyện Hậu Lộc là số nào?", "0237 333."),
		published("D", "Tiêm vắc xin mũi 2 sau bao lâu?", "Sau bốn tuần."),
	}
	ix := openIndex(t, districts)
	rules := func(question string) []kb.Rule { return ix.Why(question, 1).Hits[0].Rules }
	if got := rules("đường dây nóng của huyện là số nào"); !reflect.DeepEqual(got, []kb.Rule{kb.NotNamed}) {
		t.Errorf("without a name: %v", got)
	}
	if got := rules("đường dây nóng của huyện Nga Sơn là số nào"); got != nil {
		t.Errorf("with one: %v", got)
	}
	if got := rules("tiêm vắc xin mũi 3 sau bao lâu"); !reflect.DeepEqual(got, []kb.Rule{kb.OtherNumber}) {
		t.Errorf("of another number: %v", got)
	}
	if got := rules("tiêm vắc xin mũi 2 ở đâu"); !reflect.DeepEqual(got, []kb.Rule{kb.OtherThing}) {
		t.Errorf("where, and not when: %v", got)
	}
}

func TestATrialDisturbsNobody(t *testing.T) {
	ix := openIndex(t, smallBase())
	before := ix.Why("học phí mầm non bao nhiêu", 3)
	draft := kb.Entry{ID: "HOCPHI", Question: "Học phí trường mầm non là bao nhiêu?", Answer: "Theo nghị quyết.", Status: kb.Draft}
	changed := published("TIEM", "Nộp thuế đất ở đâu?", "Tại chi cục thuế.")
	trial := ix.Trial([]kb.Entry{draft, changed}, "RAC")
	if got := first(t, trial, "học phí mầm non bao nhiêu"); got.Entry.ID != "HOCPHI" || got.Entry.Status != kb.Published {
		t.Errorf("the draft is not found in its trial: %+v", got)
	}
	if e, ok := trial.Entry("TIEM"); !ok || !strings.Contains(e.Question, "thuế") {
		t.Errorf("the changed entry is %+v", e)
	}
	if _, ok := trial.Entry("RAC"); ok {
		t.Error("what is retired in the trial is there")
	}
	if _, ok := ix.Entry("HOCPHI"); ok || ix.Len() != len(smallBase()) {
		t.Error("the draft is in the index")
	}
	if after := ix.Why("học phí mầm non bao nhiêu", 3); !reflect.DeepEqual(after, before) {
		t.Errorf("after the trial the index says %+v, before %+v", after, before)
	}
	if same := ix.Trial(nil); !reflect.DeepEqual(same.Why("mất điện", 2), ix.Why("mất điện", 2)) {
		t.Error("a trial of nothing is another")
	}
}
