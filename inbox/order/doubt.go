package order

import (
	"strings"

	"tongdai/connectors"
)

// doubt is why what has no order in its place should not go to the citizen either.
func (l letter) doubt(c calendar) *Unclear {
	switch {
	case len(tokens(l.all)) == 0, l.acknowledges():
		return takeOrAnswer()
	case l.labelledInternal():
		return noteOrAnswer()
	case l.toHouse():
		return toHouseOrCitizen()
	case hasLine(l.all, c.hiddenOrder):
		return orderNotFirst()
	case hasLine(l.rest, internalLine), hasLine(l.rest, noteLine):
		return mixedLetter()
	}
	return nil
}

// acknowledges is true of words that nobody writes to a citizen: "ok ạ", "đã rõ".
func (l letter) acknowledges() bool {
	return trim(unsigned(l.rest)) == "" && inPlaces(l.words, [][]string{
		{"", "dạ", "vâng"}, {"", "em", "tôi", "mình"}, {"ok", "oke", "okay", "rõ", "đã rõ", "đã xem", "đã biết"}, {"", "rồi"},
		{"", "anh", "chị", "anh chị"}, {"", "ạ", "nhé", "nha"},
	})
}

// labelledInternal is true of "Ý kiến nội bộ: …".
func (l letter) labelledInternal() bool {
	const most = 6 // words of a label
	for i, w := range l.words {
		if i > most || i > 0 && strings.ContainsAny(w.gap, colons) {
			return false
		}
		if says(l.words[i:], "nội bộ") {
			next := l.tail
			if len(l.words) > i+2 {
				next = l.words[i+2].gap
			}
			return strings.ContainsAny(next, colons)
		}
	}
	return false
}

var toHouseWords = []string{
	"đề nghị tổng đài", "nhờ tổng đài", "đề nghị chuyển", "nhờ chuyển", "chuyển trả", "chuyển nhầm", "gửi nhầm", "nhầm đơn vị",
	"trả phiếu", "từ chối phiếu", "không phải thẩm quyền", "chưa thuộc thẩm quyền",
}

// toHouse is true of a letter that begins "Kính gửi Tổng đài 1022" or asks of the desk
// what only the desk does.
func (l letter) toHouse() bool {
	if saysAny(l.words, toHouseWords) {
		return true
	}
	for _, greeting := range []string{"kính gửi", "kính chào", "gửi", "chào", "thưa"} {
		if says(l.words, greeting) && saysAny(l.words[count(greeting):], house) {
			return true
		}
	}
	return false
}

// courtesies may stand before an order that somebody writes as one speaks.
var courtesies = []string{"dạ", "vâng", "em", "tôi", "mình", "xin", "xin phép", "đơn vị", "đơn vị xin", "chúng tôi", "chúng tôi xin"}

// hiddenOrder is true of a line that would be an order but for what stands before it, and
// of an order in a place where none is looked for.
func (c calendar) hiddenOrder(line letter) bool {
	if len(line.words) == 0 {
		return false
	}
	bare := open(line.first[line.words[0].start:])
	for skipped := true; skipped && len(bare.words) > 0; {
		skipped = false
		if word := firstOf(bare.words, courtesies); word != "" && len(bare.words) > count(word) {
			bare, skipped = open(bare.first[bare.words[count(word)].start:]), true
		}
	}
	return c.orderLine(bare) || noteLine(bare) && trim(line.lead()) != ""
}

// orderLine is true of a line that is wholly an order to promise, or to give back with
// a colon.
func (c calendar) orderLine(line letter) bool {
	for _, label := range []string{"chuyển lại", "trả lại"} {
		if _, ok := line.after(label, colons); ok {
			return true
		}
	}
	o, why, ok := letter{first: line.first, words: line.words, tail: line.tail}.vow(c)
	return ok && why == nil && o.Do == connectors.Vow
}

func noteLine(line letter) bool { return labelled(line, "ghi chú") }
func internalLine(line letter) bool {
	return labelled(line, "nội bộ") || labelled(line, "ghi chú nội bộ")
}
func answerLine(line letter) bool { return labelled(line, "trả lời") }

func labelled(line letter, label string) bool {
	_, ok := line.after(label, colons)
	return ok
}
