// Package order reads what people of a department write back, by mail or in a chat of
// their team. It is meant for the citizen, unless its first line is an order: "hẹn 17h
// ngày mai" promises an answer, "chuyển lại: …" gives the matter back, "ghi chú: …" is
// for colleagues, "đã nhận" takes it; "trả lời: …" begins an answer whatever its first
// word.
//
// Two mistakes would be grave: to send to a citizen what was meant for the house, and
// to hold back an answer because it looked like an order. So a plain answer is never
// taken for an order, and what could be either is refused with words that tell how to
// write what is meant. Case, marks left out and the form of Unicode make no difference.
package order

import (
	"strings"
	"time"

	"tongdai/connectors"
)

// Order is what somebody wants to be done.
type Order struct {
	Do  connectors.Deed // Speak, Remark, Take, Vow or GiveUp
	Due time.Time       // of a Vow: after now, by the clock of Vietnam
	// Text is what is left without the order, in valid UTF-8: what the citizen is to
	// read (of a Vow perhaps nothing), the note, or why the matter is given back.
	Text string
}

// Read tells what text orders at the time now. Days that count as working days are
// those of working, which is asked about midnights in Vietnam; nil: Monday to Friday.
// The error is an *Unclear, and means that nothing may be sent to the citizen.
func Read(text string, now time.Time, working func(day time.Time) bool) (Order, error) {
	l := open(text)
	if l.blank() {
		return Order{}, emptyLetter()
	}
	c := calendar{now: now.In(zone), working: working}
	o, why := l.read(c)
	if why != nil {
		return Order{}, why
	}
	return o, nil
}

// read tries one order after the other; what is none is an answer.
func (l letter) read(c calendar) (Order, *Unclear) {
	orders := []func(calendar) (Order, *Unclear, bool){l.answer, l.remark, l.giveUp, l.take, l.vow}
	if strings.TrimFunc(l.lead(), isBlank) == "" {
		for _, read := range orders {
			if o, why, ok := read(c); ok {
				return o, why
			}
		}
	}
	if why := l.doubt(c); why != nil {
		return Order{}, why
	}
	return Order{Do: connectors.Speak, Text: l.all}, nil
}

// answer is what stands after "trả lời:". Only what calls itself internal is kept back.
func (l letter) answer(calendar) (Order, *Unclear, bool) {
	rest, ok := l.after("trả lời", colons)
	if !ok {
		return Order{}, nil, false
	}
	text := trim(rest + "\n" + l.rest)
	switch {
	case text == "":
		return Order{}, emptyLetter(), true
	case hasLine(text, internalLine):
		return Order{}, mixedLetter(), true
	}
	return Order{Do: connectors.Speak, Text: text}, nil, true
}

// remark is a note between members, "ghi chú: …" or "nội bộ: …". Without the colon it
// might be the beginning of an answer, and might be what no citizen should read.
func (l letter) remark(calendar) (Order, *Unclear, bool) {
	for _, label := range []string{"ghi chú nội bộ", "ghi chú", "nội bộ"} {
		if !says(l.words, label) {
			continue
		}
		rest, ok := l.after(label, colons)
		if !ok {
			return Order{}, noteOrAnswer(), true
		}
		text := trim(rest + "\n" + unsigned(l.rest))
		switch {
		case text == "":
			return Order{}, emptyNote(), true
		case hasLine(text, answerLine):
			return Order{}, mixedLetter(), true
		}
		return Order{Do: connectors.Remark, Text: text}, nil, true
	}
	return Order{}, nil, false
}

// taking are the words of "em đã nhận phiếu rồi ạ", each place with what may stand
// there; an empty word: it may be left out.
var taking = [][]string{
	{"", "dạ", "vâng"}, {"", "em", "tôi", "mình"}, {"", "đã", "xin"}, {"nhận", "tiếp nhận"},
	{"", "phiếu", "việc", "vụ việc"}, {"", "này"}, {"", "rồi"}, {"", "ạ", "nhé", "nha"},
}

// take is a text of such words alone. With anything else it might be an answer ("Đã
// tiếp nhận. Sở sẽ kiểm tra.").
func (l letter) take(calendar) (Order, *Unclear, bool) {
	if !inPlaces(l.words, taking) {
		return Order{}, nil, false
	}
	for i, w := range l.words {
		if i > 0 && !only(w.gap, ",") {
			return Order{}, takeOrAnswer(), true
		}
	}
	if !only(l.tail, ".!,") || trim(unsigned(l.rest)) != "" {
		return Order{}, takeOrAnswer(), true
	}
	return Order{Do: connectors.Take}, nil, true
}

// inPlaces reports whether words are one word of each place, in order.
func inPlaces(words []token, places [][]string) bool {
	if len(places) == 0 {
		return len(words) == 0
	}
	for _, phrase := range places[0] {
		if says(words, phrase) && inPlaces(words[count(phrase):], places[1:]) {
			return true
		}
	}
	return false
}

// vow is "hẹn …" with a time; the lines below are for the citizen. Without marks
// "hen" is asthma as well: it is an order where what follows can be said of a promise.
func (l letter) vow(c calendar) (Order, *Unclear, bool) {
	if !says(l.words, "hẹn") {
		return Order{}, nil, false
	}
	found := look(l.words[1:], l.tail, c)
	if l.words[0].text == "hen" && !found.begins && !saysAny(l.words[1:], invitations) && len(l.words) > 1 {
		return Order{}, nil, false
	}
	due, why := found.due()
	if why != nil {
		return Order{}, why, true
	}
	text := trim(unsigned(l.rest))
	below := open(text)
	if rest, ok := below.after("trả lời", colons); ok {
		text = trim(rest + "\n" + below.rest)
	}
	if hasLine(text, internalLine) || hasLine(text, noteLine) || hasLine(text, c.orderLine) {
		return Order{}, mixedLetter(), true
	}
	return Order{Do: connectors.Vow, Due: due, Text: text}, nil, true
}

// invitations are what follows "hẹn" in a letter to a citizen.
var invitations = []string{"gặp", "anh", "chị", "ông", "bà", "quý", "bạn", "bác", "công dân", "người dân"}
