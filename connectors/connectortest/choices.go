package connectortest

import (
	"fmt"
	"strings"
	"testing"

	"tongdai/connectors/content"
)

// offer is a question back with three answers, as the bot asks it.
var offer = content.Content{
	Text: "Anh/chị hỏi về:",
	Choices: []content.Choice{
		{Label: "Tiêm mũi 3 ở đâu?", Value: "entry:018f2c3a-77aa-7c31-9d51-000000000001"},
		{Label: "Đăng ký tiêm", Value: "entry:018f2c3a-77aa-7c31-9d51-000000000002"},
		{Label: "Không phải những điều trên", Value: `none;"'&=#%ế`},
	},
}

var choices = []promise{
	{"choices are shown as buttons, or as numbered text", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.send(l.out("k1", offer))
		if !strings.Contains(everything(l.shown(0)), offer.Text) {
			t.Errorf("the question itself is missing in %+v", l.shown(0))
		}
		l.wantChoices(offer.Choices)
	}},
	{"more choices than there are buttons are all shown", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		many := content.Content{Text: "Chọn lĩnh vực:"}
		for i := range l.h.Connector.Limits().Choices + 3 {
			many.Choices = append(many.Choices, content.Choice{Label: fmt.Sprintf("Lĩnh vực số %d", 100+i), Value: fmt.Sprint("f", i)})
		}
		l.send(l.out("k1", many))
		l.wantChoices(many.Choices)
	}},
	{"a label longer than a button is shown whole", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		label := long(l.h.Connector.Limits().ChoiceLabel + 20)
		label = strings.Join(strings.Fields(label), " ")
		l.send(l.out("k1", content.Content{Text: "Chọn:", Choices: []content.Choice{{Label: label, Value: "a"}, {Label: "Khác", Value: "b"}}}))
		l.wantChoices([]content.Choice{{Label: label}, {Label: "Khác"}})
	}},
	{"a long text keeps its choices", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		out := offer
		out.Text = long(max(l.h.Connector.Limits().TextLength-10, 100))
		l.send(l.out("k1", out))
		l.wantChoices(offer.Choices)
		if !strings.Contains(strings.Join(strings.Fields(everything(l.shown(0))), " "), strings.Join(strings.Fields(out.Text)[:20], " ")) {
			t.Error("the text is missing")
		}
	}},
	{"a pressed choice comes back with the hub's value", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		if p.h.Wire == nil {
			for i, choice := range offer.Choices { // the reader's client has them from the log
				p.pressed(fmt.Sprint("p", i), choice, choice.Value)
			}
			return
		}
		l := &line{t, p.h, p.h.Wire}
		if l.h.Connector.Limits().Choices < len(offer.Choices) {
			t.Skip("this platform has no buttons, or too few")
		}
		l.send(l.out("k1", offer))
		var buttons []content.Choice
		for _, shown := range l.shown(0) {
			buttons = append(buttons, shown.Content.Choices...)
		}
		if len(buttons) != len(offer.Choices) {
			t.Fatalf("the citizen was shown the buttons %+v", buttons)
		}
		for i, button := range buttons {
			p.pressed(fmt.Sprint("p", i), button, offer.Choices[i].Value)
		}
	}},
	{"a choice that is typed is told by its number, a word or its label", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		for i, typed := range []string{"2", "hai", "Dạ số 2 ạ", "Đăng ký tiêm", "dang ky tiem"} {
			in := p.one(Thing{ID: fmt.Sprint("t", i), From: "9007199254740993", Text: typed, SentAt: at})
			if in.Content.Text != typed || in.Pressed != "" {
				t.Errorf("%q arrived as %q, pressed %q: what is typed is not pressed", typed, in.Content.Text, in.Pressed)
			}
			if picked, ok := content.Pick(in.Content.Text, offer.Choices); !ok || picked != offer.Choices[1] {
				t.Errorf("%q picks %+v, %v, want the second choice", typed, picked, ok)
			}
		}
	}},
}

// wantChoices wants every label readable, on a button or on a numbered line.
func (l *line) wantChoices(want []content.Choice) {
	l.t.Helper()
	limits := l.h.Connector.Limits()
	onButtons := map[string]bool{}
	for _, shown := range l.shown(0) {
		if n := len(shown.Content.Choices) + len(shown.Content.Links); limits.Choices > 0 && n > limits.Choices {
			l.t.Errorf("%d buttons in one message, the platform has %d", n, limits.Choices)
		}
		for _, choice := range shown.Content.Choices {
			onButtons[choice.Label] = true
			if n := len([]rune(choice.Label)); n > limits.ChoiceLabel {
				l.t.Errorf("a button has %d characters, the limit is %d", n, limits.ChoiceLabel)
			}
		}
	}
	read := strings.Join(strings.Fields(everything(l.shown(0))), " ")
	for i, choice := range want {
		if !onButtons[choice.Label] && !strings.Contains(read, fmt.Sprintf("%d. %s", i+1, choice.Label)) {
			l.t.Errorf("choice %d is neither a button nor a numbered line: %q in %s", i+1, short(choice.Label), short(read))
		}
	}
}

// pressed has a citizen press a button.
func (p *post) pressed(id string, button content.Choice, want string) {
	p.t.Helper()
	in := p.one(Thing{ID: id, From: "9007199254740993", SentAt: at, Pressed: &button})
	if in.Pressed != want {
		p.t.Errorf("pressing %q came back as %q, want %q", button.Label, in.Pressed, want)
	}
	if in.Content.Text != "" && in.Content.Text != button.Label {
		p.t.Errorf("pressing %q is shown as %q", button.Label, in.Content.Text)
	}
}
