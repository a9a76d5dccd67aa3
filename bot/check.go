package bot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Problem is one thing wrong with the words of an installation: where, as the
// keys of its files name it ("texts.greeting.vi", "rules[3].advice"), and what.
type Problem struct{ Key, Text string }

func (p Problem) Error() string { return p.Key + ": " + p.Text }

// problems gathers them.
type problems []Problem

func (ps *problems) add(key, format string, args ...any) {
	*ps = append(*ps, Problem{key, fmt.Sprintf(format, args...)})
}

// Check returns everything wrong with the texts: what is missing, empty or
// unknown, and placeholders that nothing fills.
func (t Texts) Check() []Problem {
	var ps problems
	for _, key := range slices.Sorted(maps.Keys(placeholders)) {
		if _, ok := t[key]; !ok {
			ps.add("texts", "thiếu lời %q", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		allowed, known := placeholders[key]
		if !known && !strings.HasPrefix(key, advicePrefix) {
			ps.add("texts."+key, "không có lời nào tên như vậy; lời khuyên khẩn cấp phải bắt đầu bằng %q", advicePrefix)
			continue
		}
		t[key].check(&ps, "texts."+key, allowed)
	}
	return ps
}

func (t Text) check(ps *problems, key string, allowed []string) {
	for _, wording := range []struct{ language, text string }{{"vi", t.Vi}, {"en", t.En}} {
		at := key + "." + wording.language
		if strings.TrimSpace(wording.text) == "" {
			ps.add(at, "không được để trống")
		}
		for _, found := range placeholder.FindAllString(wording.text, -1) {
			if !slices.Contains(allowed, strings.Trim(found, "{}")) {
				ps.add(at, "không thay được %s ở đây; dùng được: %s", found, braced(allowed))
			}
		}
	}
}

func braced(names []string) string {
	if len(names) == 0 {
		return "không có"
	}
	return "{" + strings.Join(names, "}, {") + "}"
}

// Check returns everything wrong with the triage, by itself and against the
// texts that its rules give as advice.
func (d Triage) Check(texts Texts) []Problem {
	var ps problems
	if d.FeverFrom < 37 || d.FeverFrom > 42 {
		ps.add("fever_from", "%v không hợp lý; ghi số độ C từ 37 đến 42", d.FeverFrom)
	}
	if d.OxygenBelow < 80 || d.OxygenBelow > 97 {
		ps.add("oxygen_below", "%v không hợp lý; ghi phần trăm từ 80 đến 97", d.OxygenBelow)
	}
	if len(d.Rules) == 0 {
		ps.add("rules", "chưa có dấu hiệu khẩn cấp nào")
	}
	seen := map[string]int{}
	for i, r := range d.Rules {
		key := fmt.Sprintf("rules[%d]", i)
		if first, again := seen[r.ID]; again {
			ps.add(key+".id", "%q đã dùng cho rules[%d]", r.ID, first)
		}
		seen[r.ID] = i
		r.check(&ps, key, texts)
	}
	lists := d.frames()
	for _, name := range frameNames {
		checkPhrases(&ps, name, lists[name])
	}
	return ps
}

func (r TriageRule) check(ps *problems, key string, texts Texts) {
	if r.ID == "" {
		ps.add(key+".id", "không được để trống")
	}
	if len(r.All) == 0 {
		ps.add(key, "%q chưa có cụm từ nào (all)", r.ID)
	}
	for i, alternatives := range r.All {
		checkPhrases(ps, fmt.Sprintf("%s.all[%d]", key, i), alternatives)
	}
	if len(r.None) > 0 {
		checkPhrases(ps, key+".none", r.None)
	}
	switch advice, ok := texts[r.Advice]; {
	case !strings.HasPrefix(r.Advice, advicePrefix):
		ps.add(key+".advice", "%q phải là lời bắt đầu bằng %q", r.Advice, advicePrefix)
	case !ok:
		ps.add(key+".advice", "%q không có trong tệp lời của bot", r.Advice)
	case len(emergencyNumbers(advice.Vi)) == 0:
		ps.add(key+".advice", "lời %q phải nêu ít nhất một số khẩn cấp để gọi, ví dụ 115", r.Advice)
	}
}

func hasWords(phrase string) bool {
	return strings.ContainsFunc(phrase, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func checkPhrases(ps *problems, key string, list []string) {
	if len(list) == 0 {
		ps.add(key, "danh sách cụm từ đang trống")
	}
	for i, phrase := range list {
		at := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case !hasWords(phrase):
			ps.add(at, "cụm từ %q không có chữ nào", phrase)
		case slices.Contains(list[:i], phrase):
			ps.add(at, "cụm từ %q đã có ở trên", phrase)
		}
	}
}
