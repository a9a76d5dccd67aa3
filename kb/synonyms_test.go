package kb_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"tongdai/kb/vi"
)

// TestThesaurusIsAsItIsDescribed holds every row to what docs/understanding.md says.
func TestThesaurusIsAsItIsDescribed(t *testing.T) {
	f, err := os.Open("data/thesaurus.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	fields := []string{"ho-tich", "dat-dai", "giao-thong", "lao-dong", "an-sinh", "y-te", "giao-duc", "kinh-doanh", "moi-truong", "an-ninh"}
	officials, pairs := map[string]bool{}, 0
	for i, row := range rows[1:] {
		field, official, everyday, source, review := row[0], row[1], strings.Split(row[2], "|"), row[3], row[4]
		line := i + 2
		if !slices.Contains(fields, field) {
			t.Errorf("line %d: %q is no field", line, field)
		}
		if officials[official] || official == "" || source == "" {
			t.Errorf("line %d: %q is there twice or empty, or has no source", line, official)
		}
		if !slices.Contains([]string{"edited", "approved", "rejected"}, review) {
			t.Errorf("line %d: review %q", line, review)
		}
		officials[official] = true
		seen := map[string]bool{official: true}
		for _, phrase := range everyday {
			pairs++
			words := vi.Texts(phrase)
			switch {
			case len(words) == 0, strings.Join(strings.Fields(phrase), " ") != phrase, seen[phrase]:
				t.Errorf("line %d: phrase %q is empty, badly spaced or there twice", line, phrase)
			case phrase != vi.Normalize(phrase):
				t.Errorf("line %d: phrase %q is not spelled as %q", line, phrase, vi.Normalize(phrase))
			}
			seen[phrase] = true
		}
	}
	t.Logf("%d official phrases, %d pairs", len(officials), pairs)
	if pairs < 1000 {
		t.Errorf("only %d pairs are left", pairs)
	}
}
