package telegram

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"tongdai/connectors/content"
)

// What a button carries is 64 bytes, which come back when it is pressed. A
// choice's Value that fits goes there as it is, behind carriesValue. One that does
// not fit is not kept anywhere either, because the hub may run on several nodes
// and be started anew: the button carries a sum of the choice instead
// (carriesSum), and what comes back counts as if the citizen had typed the label
// of the button with that sum. The label is taken from the keyboard that Telegram
// repeats with the press, so nobody can press what was not offered.
const (
	carriesValue = "="
	carriesSum   = "#"
)

// data is what the button of a choice carries.
func data(choice content.Choice) string {
	if whole := carriesValue + choice.Value; len(whole) <= dataLength && utf8.ValidString(whole) {
		return whole
	}
	sum := sha256.Sum256([]byte(choice.Label + "\x00" + choice.Value))
	return carriesSum + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// button is one of an inline keyboard. The library's own has a field more that is
// always written.
type button struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	Data string `json:"callback_data,omitempty"`
}

// keyboard is an inline keyboard: one button a row, because labels are sentences.
type keyboard struct {
	Rows [][]button `json:"inline_keyboard"`
}

// pressed reads what a button brought back. offered are the buttons that Telegram
// says the message has, by what they carry; nil where it does not say.
func pressed(carried string, offered map[string]string) (label, value string, ok bool) {
	label, known := offered[carried]
	if offered != nil && !known {
		return "", "", false
	}
	if value, whole := strings.CutPrefix(carried, carriesValue); whole && value != "" {
		return label, value, true
	}
	return label, "", strings.HasPrefix(carried, carriesSum) && label != ""
}
