package bot

import (
	"regexp"
	"slices"
	"strings"
)

// Texts is everything the bot says besides the answers of entries, by key.
// Keys that begin with "advice." are named by triage rules; the others are fixed.
type Texts map[string]Text

// Text is one text in both languages, with {placeholders}.
type Text struct{ Vi, En string }

const advicePrefix = "advice."

// placeholders says which texts there must be, and what each may be filled with.
var placeholders = map[string][]string{
	"automatic":          nil, // says that a machine answers; joins the first reply when there is no greeting
	"greeting":           {"organisation", "hotline"},
	"greeting.short":     {"organisation", "hotline"}, // before the answer to a first question
	"privacy":            {"organisation"},            // said by the chat before the first message
	"hello":              nil,                         // to a greeting later in the conversation
	"thanks":             nil,
	"goodbye":            nil,
	"clarify":            nil,
	"clarify.place":      nil, // entries differ by their place only: which one
	"clarify.byplace":    nil, // the choice beside entries that leads to clarify.place
	"clarify.none":       nil, // the choice that none of the offered entries is meant
	"rephrase":           nil, // an answer was wrong: say it differently
	"answer.footer":      {"department", "date"},
	"answer.undated":     {"department"},
	"answer.helpful":     nil,
	"answer.yes":         nil,
	"answer.no":          nil,
	"answer.person":      nil,
	"unknown":            nil,
	"complaint":          {"hotline"},
	"handoff.staffed":    {"code", "hotline"},
	"handoff.closed":     {"code", "opens", "hotline"}, // outside the hours
	"handoff.unmanned":   {"code", "opens", "hotline"}, // within them, and nobody is there
	"handoff.by":         {"code", "due", "hotline"},   // nobody is there, and only the target tells when
	"handoff.later":      {"code", "hotline"},          // nobody is there, and nothing tells when
	"handoff.place":      {},                           // who takes over depends on where it is
	"handoff.enough":     nil,                          // many messages within a minute: people read them all
	"handoff.requested":  nil,
	"handoff.unhelpful":  nil,
	"handoff.unreadable": nil,
	"urgent.intro":       nil,
	"urgent.handoff":     {"code", "hotline"}, // somebody is on duty
	"urgent.contacts":    {"code", "hotline"}, // nobody is, and contacts outside the desk are being reached
	"urgent.alone":       {"code", "hotline"}, // nobody can be reached at once
	"broken":             {"hotline"},
	"letter.named":       {"name"},
	"letter.unnamed":     nil,
	"letter.unread":      {"files", "hotline"},                // files that were too large or of a kind that is not taken
	"letter.closing":     {"organisation", "hotline", "code"}, // a machine wrote this; how to reach people
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// voice says texts in the citizen's language.
type voice struct {
	texts   Texts
	english bool
	fill    map[string]string // by placeholder
}

func (v voice) say(key string) string {
	wording := v.texts[key].Vi
	if v.english {
		wording = v.texts[key].En
	}
	return strings.TrimSpace(filled(wording, v.fill))
}

// filled is wording with its placeholders filled. What they are filled with is
// taken as it is. Those that nothing is known for stay.
func filled(wording string, fill map[string]string) string {
	if !strings.Contains(wording, "{") {
		return wording
	}
	return placeholder.ReplaceAllStringFunc(wording, func(name string) string {
		if with, known := fill[name]; known {
			return with
		}
		return name
	})
}

// paragraphs joins what is not empty.
func paragraphs(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "" })
	return strings.Join(parts, "\n\n")
}

// emergency finds the national short numbers: 111 children, 112 rescue, 113
// police, 114 fire, 115 ambulance, and the Ministry of Health's line.
var emergency = regexp.MustCompile(`\b(?:11[1-5]|1900 ?9095)\b`)

// emergencyNumbers gives the numbers that text names, once each, in its order.
func emergencyNumbers(text string) []string {
	var numbers []string
	for _, n := range emergency.FindAllString(text, -1) {
		if n = strings.ReplaceAll(n, " ", ""); !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}
