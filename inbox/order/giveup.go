package order

import (
	"strings"

	"tongdai/connectors"
)

// The ways to give a matter back, the house it goes back to, and those to whom nothing
// is given back by this order.
var (
	house = []string{
		"tổng đài 1022", "tổng đài", "1022", "bộ phận thường trực", "bộ phận trực", "thường trực", "bàn trực",
		"bộ phận đầu mối", "đầu mối", "trung tâm 1022",
	}
	citizens = []string{"công dân", "người dân", "dân", "anh", "chị", "ông", "bà", "bạn", "quý", "bà con", "cá nhân"}
	// matters are what a department may mean by "trả lại phiếu"; "trả lại tiền" is a
	// matter between citizens.
	matters = []string{
		"phiếu", "phản ánh", "vụ việc", "việc", "câu hỏi", "nội dung", "kiến nghị", "thư", "tin nhắn", "đơn vị",
		"vì", "do", "nhầm",
	}
	addresses = []string{"anh chị", "ông bà", "quý", "bạn", "bà con"}
)

// giveUp is "chuyển lại: …", "trả lại: …" or "không thuộc thẩm quyền: …" with a reason.
// After the words stand a mark, the end of the line, or to whom the matter is to go.
func (l letter) giveUp(calendar) (Order, *Unclear, bool) {
	switch {
	case says(l.words, "chuyển lại"):
		return l.handBack("chuyển lại")
	case says(l.words, "trả lại"):
		rest := l.words[2:]
		if len(rest) > 0 && only(rest[0].gap, "") && !saysAny(rest, matters) && !saysAny(rest, []string{"cho", "về"}) {
			return Order{}, nil, false
		}
		return l.handBack("trả lại")
	case says(l.words, "không thuộc thẩm quyền"):
		return l.handBack("không thuộc thẩm quyền")
	}
	return Order{}, nil, false
}

func (l letter) handBack(label string) (Order, *Unclear, bool) {
	reason, ok := l.after(label, colons)
	if !ok {
		if reason, ok = l.softly(label); !ok {
			return Order{}, backOrAnswer(), true
		}
	}
	text := trim(reason + "\n" + unsigned(l.rest))
	switch {
	case text == "":
		return Order{}, noReason(), true
	case hasLine(text, answerLine):
		return Order{}, mixedLetter(), true
	}
	return Order{Do: connectors.GiveUp, Text: text}, nil, true
}

// softly is the reason after a comma or dash, the end of the line or a place to go to; false
// where the letter may as well be for the citizen.
func (l letter) softly(label string) (reason string, ok bool) {
	words := l.words[count(label):]
	rest, ends := l.after(label, ","+dashes)
	if bare, ok := l.after(label, ""); ok && only(bare, ".!") {
		rest, ends = "", true
	}
	if label == "không thuộc thẩm quyền" {
		return rest, ends && !addressed(rest+"\n"+l.rest)
	}
	if ends {
		return rest, true
	}
	if len(words) < 2 || !only(words[0].gap, "") || !saysAny(words, []string{"cho", "về"}) || !only(words[1].gap, "") {
		return "", false
	}
	for _, name := range house {
		if says(words[1:], name) && words[count(name)].end > 0 {
			return strings.TrimLeft(l.first[words[count(name)].end:], " \u00a0\t.,;"+colons+dashes), true
		}
	}
	if label == "trả lại" || saysAny(words[1:], citizens) {
		return "", false
	}
	return l.first[words[0].start:], true
}

// addressed reports whether text speaks to a citizen.
func addressed(text string) bool {
	for words := tokens(text); len(words) > 0; words = words[1:] {
		if saysAny(words, addresses) {
			return true
		}
	}
	return false
}
