package inbox

import (
	"strings"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Showing is how a channel shows something that is said, told from the limits of its
// platform: what has no buttons there is numbered text, and what is too long comes
// in several messages.
type Showing struct {
	Channel  connectors.Channel
	Messages []string
	Buttons  []string // below the last message
	Numbered bool     // the choices stand in the text, to be picked by their number
}

// shown shows what is said on each channel that can carry it.
func (h *Hub) shown(said content.Content) []Showing {
	all := make([]Showing, 0, len(h.channels))
	for _, id := range h.channels {
		conn := h.connectors[id]
		s := shownWith(said, conn.Limits())
		s.Channel = conn.Channel()
		all = append(all, s)
	}
	return all
}

func shownWith(said content.Content, limits connectors.Limits) (s Showing) {
	text := said
	text.Attachments = nil
	if fitAsButtons(said.Choices, limits) {
		for _, c := range said.Choices {
			s.Buttons = append(s.Buttons, c.Label)
		}
		text.Choices = nil
	}
	s.Numbered = len(text.Choices) > 0
	if limits.Links {
		text.Links = nil
		for _, l := range said.Links {
			if limits.Choices > 0 && len(s.Buttons) >= limits.Choices {
				text.Links = append(text.Links, l)
				continue
			}
			s.Buttons = append(s.Buttons, l.Label)
		}
	}
	s.Messages = content.Split(strings.TrimSpace(content.Plain(text)), limits.TextLength)
	return s
}

// fitAsButtons reports whether all choices fit: half of them on buttons would hide
// the other half.
func fitAsButtons(choices []content.Choice, limits connectors.Limits) bool {
	if len(choices) == 0 || len(choices) > limits.Choices {
		return false
	}
	for _, c := range choices {
		if limits.ChoiceLabel > 0 && utf8.RuneCountInString(c.Label) > limits.ChoiceLabel {
			return false
		}
	}
	return true
}
