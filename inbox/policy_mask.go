package inbox

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// What identifies a person is masked for those who may see a conversation but
// not that: phone numbers, e-mail addresses, numbers of papers. It is done here,
// before anything leaves the hub, for lists, threads, search and live events
// alike; what is found by words is found in the masked text, so that a search
// cannot tell what it may not show.

// shownRow is a conversation as a may see it.
func (a Actor) shownRow(c Conversation) Conversation {
	if a.MayWith(SeePersonal, c) {
		return c
	}
	c.ContactName, c.LastText, c.Rating.Comment = veil(c.ContactName), veil(c.LastText), veil(c.Rating.Comment)
	c.Subject = veil(c.Subject)
	if c.Handoff != nil {
		h := *c.Handoff
		h.Asked = veil(h.Asked)
		c.Handoff = &h
	}
	return c
}

// shownRows masks each of a page in its place.
func (a Actor) shownRows(page []Conversation) {
	for i, c := range page {
		page[i] = a.shownRow(c)
	}
}

// shownContact is the person of conversation c as a may see him.
func (a Actor) shownContact(p Contact, c Conversation) Contact {
	if !a.MayWith(SeePersonal, c) {
		p.Name, p.Phone, p.Email = veil(p.Name), veil(p.Phone), veil(p.Email)
	}
	return p
}

// shownMessage is a message of conversation c as a may see it. What the bot
// says is taken from published entries: the numbers in it are offices'.
func (a Actor) shownMessage(m Message, c Conversation) Message {
	if m.Author.Kind == Bot || a.MayWith(SeePersonal, c) {
		return m
	}
	m.Author.Name, m.Content, m.Letter = veil(m.Author.Name), veiled(m.Content), veiledLetter(m.Letter)
	return m
}

func veiledLetter(l *connectors.Letter) *connectors.Letter {
	if l == nil {
		return nil
	}
	shown := *l
	shown.Subject, shown.Quoted = veil(l.Subject), veil(l.Quoted)
	shown.From, shown.To, shown.Cc = veiledAddress(l.From), nil, nil
	for _, a := range l.To {
		shown.To = append(shown.To, veiledAddress(a))
	}
	for _, a := range l.Cc {
		shown.Cc = append(shown.Cc, veiledAddress(a))
	}
	shown.Notes = slices.Clone(l.Notes)
	for i, note := range shown.Notes {
		shown.Notes[i] = veil(note)
	}
	return &shown
}

func veiledAddress(a connectors.Address) connectors.Address {
	return connectors.Address{Name: veil(a.Name), Mail: veil(a.Mail)}
}

func veiled(c content.Content) content.Content {
	c.Text = veil(c.Text)
	c.Form = slices.Clone(c.Form)
	for i := range c.Form {
		c.Form[i].Value = veil(c.Form[i].Value)
	}
	c = withoutOriginal(c)
	for i := range c.Attachments {
		c.Attachments[i].Name = veil(c.Attachments[i].Name)
	}
	return c
}

// Hear is h as a may hear it.
func (a Actor) Hear(h Happening) (Happening, Hearing) {
	hearing := a.Hears(h)
	if hearing == HearsAll {
		h.Row = a.shownRow(h.Row)
	}
	return h, hearing
}

var (
	longNumber  = regexp.MustCompile(`\+?\d(?:[ .()\-]{0,2}\d){8,13}`)
	mailAddress = regexp.MustCompile(`[\pL\d._%+\-]+@[\pL\d\-]+(?:\.[\pL\d\-]+)+`)
)

// numberEnd is how many digits of a masked number are left, so that two can be
// told apart.
const numberEnd = 3

// veil masks numbers of nine digits and more, and e-mail addresses. Codes of
// conversations, which are shorter or follow letters, stay.
func veil(text string) string {
	text = mailAddress.ReplaceAllStringFunc(text, func(address string) string {
		_, size := utf8.DecodeRuneInString(address)
		return address[:size] + "•••" + address[strings.LastIndexByte(address, '@'):]
	})
	var b strings.Builder
	from := 0
	for _, at := range longNumber.FindAllStringIndex(text, -1) {
		b.WriteString(text[from:at[0]])
		number := text[at[0]:at[1]]
		if !partOfCode(text[:at[0]]) {
			number = veilDigits(number)
		}
		b.WriteString(number)
		from = at[1]
	}
	return b.String() + text[from:]
}

// partOfCode tells "TH-" before "261121-0042".
func partOfCode(before string) bool {
	rest, dash := strings.CutSuffix(before, "-")
	last, _ := utf8.DecodeLastRuneInString(rest)
	return dash && unicode.IsLetter(last)
}

func veilDigits(number string) string {
	digits := 0
	for _, r := range number {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsDigit(r) {
			return r
		}
		if digits--; digits < numberEnd {
			return r
		}
		return '•'
	}, number)
}
