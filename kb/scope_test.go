package kb_test

import (
	"os"
	"strings"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

// spoken is a confidence a little under that from which the shipped settings answer.
const spoken = 0.7

// TestOutOfScope asks what the development entries do not answer, though they share
// words with the question. An answer to it would be wrong; the ceiling stands a
// little above what was measured last.
func TestOutOfScope(t *testing.T) {
	ix := developmentIndex(t)
	file, err := os.ReadFile("testdata/outofscope.txt")
	if err != nil {
		t.Fatal(err)
	}
	asked, answered := 0, 0
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		asked++
		if h := first(t, ix, line); h.Confidence >= spoken {
			answered++
			t.Logf("%.2f %s for %q", h.Confidence, h.Entry.ID, line)
		}
	}
	t.Logf("%d of %d are answered", answered, asked)
	if answered > 9 || asked < 40 {
		t.Errorf("%d of %d are answered, more than 9", answered, asked)
	}
}

// TestAnswersWhatIsAsked holds pairs of questions that differ in little: one that an
// entry answers, and one that it does not.
func TestAnswersWhatIsAsked(t *testing.T) {
	ix := developmentIndex(t)
	for _, tt := range []struct {
		name, question string
		entry          kb.EntryID
		want           bool
	}{
		{"how long between two shots", "bao lâu thì tiêm mũi 2", "D405", true},
		{"where to get the second shot", "tiem mui 2 o dau", "D405", false},
		{"where to get the third shot", "tiem mui 3 o dau", "D405", false},
		{"how long until a shot the entry knows nothing of", "bao lâu thì tiêm mũi 4", "D405", false},
		{"the hotline of a district", "số điện thoại đường dây nóng huyện Thọ Xuân", "DHL23", true},
		{"the chairman of a district", "số điện thoại chủ tịch huyện Thọ Xuân", "DHL23", false},
		{"the chairman, without marks", "so dien thoai chu tich huyen Tho Xuan", "DHL23", false},
		{"how much the resolution pays", "hỗ trợ lao động tự do theo nghị quyết 68 được bao nhiêu", "D501", true},
		{"how much another resolution pays", "hỗ trợ lao động tự do theo nghị quyết 42 được bao nhiêu", "D501", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := first(t, ix, tt.question)
			if got := h.Entry.ID == tt.entry && h.Confidence >= spoken; got != tt.want {
				t.Errorf("%q: %s with %.2f; answered by %s: %t, want %t", tt.question, h.Entry.ID, h.Confidence, tt.entry, got, tt.want)
			}
		})
	}
}

func developmentIndex(t *testing.T) *kb.Index {
	t.Helper()
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	return openIndex(t, entries)
}
