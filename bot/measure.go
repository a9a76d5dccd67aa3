package bot

import (
	"slices"
	"strconv"
)

// Numbers that people report: body temperature in degrees Celsius and oxygen
// saturation in per cent.

// bodyTemperatures: what is outside was mistyped or is not a temperature of a
// living person.
const (
	lowestBody, highestBody = 35, 43
	lowestOxygen            = 30
	// numberReach is how many words may stand between a quantity and its number:
	// "spo2 của mẹ em tụt xuống còn 88".
	numberReach = 7
)

// measured is a number found in words[from:to].
type measured struct {
	value    float64
	from, to int
}

// fevers finds body temperatures of at least limit.
func fevers(words []word, limit float64) []span {
	var found []span
	for i := range words {
		m, unit, ok := temperature(words, i)
		if !ok || m.value < limit || m.value < lowestBody || m.value > highestBody {
			continue
		}
		if before(words, i, "sot", "fever") || !weather(words, i) && (unit || before(words, i, "nhiet", "temperature")) {
			found = append(found, span{from: m.from, to: m.to})
		}
	}
	return found
}

// temperature reads "39", "39.5", "38 độ 5", "39 độ rưỡi", "ba mươi chín độ".
func temperature(words []word, i int) (m measured, unit, ok bool) {
	m, ok = number(words, i)
	if !ok {
		return m, false, false
	}
	if m.to < len(words) && degree(words[m.to].Folded) {
		unit = true
		m.to++
		m.addFraction(words)
	}
	if !unit && !digits(words[i].Text) { // "ba mươi" counts many other things
		return m, false, false
	}
	return m, unit, true
}

func degree(folded string) bool {
	switch folded {
	case "do", "c", "oc", "d":
		return true
	}
	return false
}

func (m *measured) addFraction(words []word) {
	if m.to >= len(words) {
		return
	}
	switch next := words[m.to]; {
	case next.Folded == "ruoi":
		m.value += 0.5
		m.to++
	case len(next.Text) == 1 && digits(next.Text):
		m.value += float64(next.Text[0]-'0') / 10
		m.to++
	case next.Text == "năm" || next.Folded == "nam" && next.Text == next.Folded:
		m.value += 0.5
		m.to++
	}
}

// number reads digits, with a fraction, or a number between thirty and
// forty-nine in words.
func number(words []word, i int) (measured, bool) {
	if digits(words[i].Text) {
		m := measured{from: i, to: i + 1}
		text := words[i].Text
		if i+2 < len(words) && words[i+1].Text == "." && digits(words[i+2].Text) {
			text += "." + words[i+2].Text
			m.to = i + 3
		}
		v, err := strconv.ParseFloat(text, 64)
		m.value = v
		return m, err == nil
	}
	tens, ok := map[string]float64{"ba": 30, "bon": 40}[words[i].Folded]
	if !ok || i+1 >= len(words) {
		return measured{}, false
	}
	m := measured{value: tens, from: i, to: i + 1}
	spoken := words[m.to].Folded == "muoi"
	if spoken {
		m.to++
	}
	if m.to < len(words) {
		if unit, ok := units[words[m.to].Folded]; ok {
			m.value += unit
			m.to++
			spoken = true
		}
	}
	return m, spoken
}

var units = map[string]float64{"mot": 1, "hai": 2, "sau": 6, "bay": 7, "tam": 8, "chin": 9}

// before reports whether one of names stands shortly before words[i].
func before(words []word, i int, names ...string) bool {
	for j := max(0, i-numberReach); j < i; j++ {
		if words[j].sentence == words[i].sentence && slices.Contains(names, words[j].Folded) {
			return true
		}
	}
	return false
}

// weather: "trời nắng 40 độ". Without marks only two words together are clear.
func weather(words []word, i int) bool {
	for j := max(0, i-6); j < min(len(words), i+6); j++ {
		switch words[j].Text {
		case "trời", "nắng", "tiết":
			return true
		case "troi":
			if j > 0 && words[j-1].Text == "ngoai" || j+1 < len(words) && (words[j+1].Text == "nang" || words[j+1].Text == "nong") {
				return true
			}
		}
	}
	return false
}

// threshold: "SpO2 dưới 94", "sốt trên 38,5 độ" name a limit; a number without
// such a word was read off somebody.
func threshold(words []word, at span) bool {
	for j := max(0, at.from-2); j < at.to; j++ {
		switch words[j].Folded {
		case "duoi", "tren", "hon", "tu", "qua", "toi", "may", "nhieu", "muc", "below", "above", "under", "over":
			return true
		}
	}
	return false
}

// lowOxygen finds an oxygen saturation below limit.
func lowOxygen(words []word, limit float64) []span {
	var found []span
	for i := range words {
		after, ok := oxygen(words, i)
		if !ok {
			continue
		}
		for j := after; j < min(len(words), after+numberReach) && words[j].sentence == words[i].sentence; j++ {
			m, ok := number(words, j)
			if !ok || !digits(words[j].Text) {
				continue
			}
			if m.value >= lowestOxygen && m.value < limit {
				found = append(found, span{from: i, to: m.to})
			}
			break
		}
	}
	return found
}

var oxygenNames = []string{"spo2", "sp02", "sao2", "oxy", "oxi", "oxygen", "o2"}

// oxygen reads "spo2", "SpO 2", "sp02", "nồng độ oxy", "chỉ số oxi" and returns
// where the words after it begin.
func oxygen(words []word, i int) (after int, ok bool) {
	if slices.Contains(oxygenNames, words[i].Folded) {
		return i + 1, true
	}
	switch words[i].Folded {
	case "spo", "sp":
		if i+1 < len(words) && (words[i+1].Text == "2" || words[i+1].Folded == "o2") {
			return i + 2, true
		}
	}
	return 0, false
}

// years finds calendar years: what is dated like that is a medical history.
func years(words []word) []span {
	var found []span
	for i, w := range words {
		if len(w.Text) == 4 && digits(w.Text) && (w.Text[:2] == "19" || w.Text[:2] == "20") {
			found = append(found, span{from: i, to: i + 1})
		}
	}
	return found
}
