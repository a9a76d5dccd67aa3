package configs

import (
	"fmt"
	"slices"
	"strings"
)

// Triage is how an urgent report is recognised: rules of phrases, and the words
// that tell a report from a question, a denial or a story. It mirrors
// bot.Triage field by field, where the meaning of each list is told.
type Triage struct {
	FeverFrom   float64 // °C; a temperature from here on counts as the phrase "{sốt cao}"
	OxygenBelow float64 // per cent; a saturation below counts as the phrase "{oxy thấp}"
	Rules       []TriageRule

	Ordinary           []string
	Negations          []string
	NegationExceptions []string
	Hypothetical       []string
	Past               []string
	Over               []string
	Hearsay            []string
	Questions          []string
	Persons            []string
	Present            []string
	Eligibility        []string
	Asking             []string
}

// TriageRule raises the alarm when one phrase of every list in All is reported
// and no phrase of None occurs.
type TriageRule struct {
	ID     string
	Advice string // key of the text given at once
	All    [][]string
	None   []string
}

func (t Triage) problems(texts Texts) Problems {
	var ps Problems
	if len(t.Rules) == 0 {
		ps.add("rules", "chưa có dấu hiệu khẩn cấp nào")
	}
	seen := map[string]int{}
	for i, r := range t.Rules {
		key := fmt.Sprintf("rules[%d]", i)
		if !channelID.MatchString(r.ID) {
			ps.add(key+".id", "%q không hợp lệ; dùng chữ thường không dấu, số, gạch nối", r.ID)
		}
		if first, again := seen[r.ID]; again {
			ps.add(key+".id", "%q đã dùng cho rules[%d]", r.ID, first)
		}
		seen[r.ID] = i
		if len(r.All) == 0 {
			ps.add(key, "%q chưa có cụm từ nào (all)", r.ID)
		}
		for j, alternatives := range r.All {
			phrases(&ps, fmt.Sprintf("%s.all[%d]", key, j), alternatives)
		}
		if len(r.None) > 0 {
			phrases(&ps, key+".none", r.None)
		}
		if _, ok := texts[r.Advice]; !ok {
			ps.add(key+".advice", "%q không có trong tệp lời của bot", r.Advice)
		}
	}
	if t.FeverFrom < 37 || t.FeverFrom > 42 {
		ps.add("fever_from", "%v không hợp lý; ghi số độ C từ 37 đến 42", t.FeverFrom)
	}
	if t.OxygenBelow < 80 || t.OxygenBelow > 97 {
		ps.add("oxygen_below", "%v không hợp lý; ghi phần trăm từ 80 đến 97", t.OxygenBelow)
	}
	for key, list := range map[string][]string{
		"ordinary": t.Ordinary, "negations": t.Negations, "negation_exceptions": t.NegationExceptions,
		"hypothetical": t.Hypothetical, "past": t.Past, "over": t.Over, "hearsay": t.Hearsay,
		"questions": t.Questions, "persons": t.Persons, "present": t.Present,
		"eligibility": t.Eligibility, "asking": t.Asking,
	} {
		phrases(&ps, key, list)
	}
	return ps
}

func phrases(ps *Problems, key string, list []string) {
	if len(list) == 0 {
		ps.add(key, "danh sách cụm từ đang trống")
	}
	for i, phrase := range list {
		at := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case strings.TrimSpace(phrase) == "":
			ps.add(at, "cụm từ trống")
		case slices.Contains(list[:i], phrase):
			ps.add(at, "cụm từ %q đã có ở trên", phrase)
		}
	}
}
