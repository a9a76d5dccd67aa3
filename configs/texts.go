package configs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Texts is what the bot says, by key.
type Texts map[string]Text

// Text is one text in both languages.
type Text struct{ Vi, En string }

// textParts are the texts that must be there, each with the placeholders it may
// use. Advice for urgent reports (advice.*) comes besides; triage rules name it.
var textParts = map[string][]string{
	"automatic":          nil, // marks what a machine said
	"greeting":           {"organisation", "hotline"},
	"privacy":            {"organisation"}, // before the first message
	"hello":              nil,              // to a greeting later in the conversation
	"thanks":             nil,
	"goodbye":            nil,
	"clarify":            nil,
	"clarify.none":       nil, // the choice that none of the offered entries is meant
	"rephrase":           nil, // an answer was wrong: say it differently
	"answer.footer":      {"department", "date"},
	"answer.undated":     {"department"}, // the answer was never confirmed
	"answer.helpful":     nil,
	"answer.yes":         nil,
	"answer.no":          nil,
	"answer.person":      nil,
	"unknown":            nil,
	"complaint":          {"hotline"}, // khiếu nại, tố cáo: the lawful way
	"handoff.staffed":    {"code", "hotline"},
	"handoff.closed":     {"code", "opens", "hotline"},
	"handoff.later":      {"code", "hotline"}, // closed, and nobody knows until when
	"handoff.requested":  nil,
	"handoff.unhelpful":  nil,
	"handoff.unreadable": nil,
	"attachments":        nil,
	"urgent.intro":       nil,
	"urgent.handoff":     {"code", "hotline"},
	"broken":             {"hotline"},
	"resolved":           {"code"},
}

const adviceKey = "advice."

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func (t Texts) problems() Problems {
	var ps Problems
	for _, key := range slices.Sorted(maps.Keys(textParts)) {
		if _, ok := t[key]; !ok {
			ps.add("texts", "thiếu lời %q", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		allowed, known := textParts[key]
		if !known && !strings.HasPrefix(key, adviceKey) {
			ps.add("texts."+key, "không có lời nào tên như vậy; lời khuyên khẩn cấp phải bắt đầu bằng %q", adviceKey)
			continue
		}
		t[key].problems(&ps, "texts."+key, allowed)
	}
	return ps
}

func (t Text) problems(ps *Problems, key string, allowed []string) {
	for _, l := range []struct{ language, text string }{{"vi", t.Vi}, {"en", t.En}} {
		at := key + "." + l.language
		if strings.TrimSpace(l.text) == "" {
			ps.add(at, "không được để trống")
		}
		for _, found := range placeholder.FindAllString(l.text, -1) {
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
	return fmt.Sprintf("{%s}", strings.Join(names, "}, {"))
}
