package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb/vi"
)

// Once a matter that people answered is closed, the citizen is asked, a single
// time, how it was handled: one message with five choices, where the channel
// lets it leave without cost, and a form on the tracking page. The answer, a
// press or a number alone, belongs to the matter that was closed: it begins no
// new one and the bot does not see it. Everything longer than that is taken for
// what it is, something new to say. A comment says that it is one.
//
// Nobody is asked about what was put aside, about an alarm, or about an answer
// of the bot.

// ratingWindow is how long after the question a number alone is its answer.
const ratingWindow = 72 * time.Hour

// ratingLabels are the choices, from one star to five, in the order of their numbers.
var ratingLabels = map[string][]string{
	"vi": {"Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng"},
	"en": {"Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"},
}

// RatingLabels are the choices in Vietnamese, from one star to five.
func RatingLabels() []string { return slices.Clone(ratingLabels["vi"]) }

var ratingAsked = map[string]string{
	"vi": "Phiếu %s của anh/chị đã kết thúc. Anh/chị có hài lòng với cách giải quyết không? Xin bấm chọn, hoặc nhắn một số từ 1 (rất không hài lòng) đến 5 (rất hài lòng).",
	"en": "Your matter %s has been closed. How satisfied are you with the way it was handled? Please choose, or reply with a number from 1 (very dissatisfied) to 5 (very satisfied).",
}

var ratingThanks = map[string]string{
	"vi": "Dạ, cảm ơn anh/chị đã đánh giá. Nếu muốn góp ý thêm, anh/chị nhắn bắt đầu bằng chữ “Góp ý”, ví dụ: Góp ý cần trả lời nhanh hơn.",
	"en": "Thank you for your rating. If you would like to add a comment, start your message with “Góp ý” or “Feedback”.",
}

var commentThanks = map[string]string{
	"vi": "Dạ, cảm ơn góp ý của anh/chị.",
	"en": "Thank you for your comment.",
}

// commentLength bounds a comment, in characters.
const commentLength = 2000

func inLanguage(words map[string]string, c Conversation) string {
	if text, ok := words[c.Dialogue.Language]; ok {
		return text
	}
	return words["vi"]
}

// pressedRating begins the value of a choice; the conversation's id and the
// stars follow.
const pressedRating = "rate:"

func ratingChoices(c Conversation) []content.Choice {
	labels, ok := ratingLabels[c.Dialogue.Language]
	if !ok {
		labels = ratingLabels["vi"]
	}
	choices := make([]content.Choice, len(labels))
	for i, label := range labels {
		choices[i] = content.Choice{Label: label, Value: fmt.Sprintf("%s%s:%d", pressedRating, c.ID, i+1)}
	}
	return choices
}

// ratable reports whether the citizen may be asked how c was handled, provided
// that people answered it.
func (c Conversation) ratable() bool {
	return c.Status == Resolved && !c.Ending.Screened() && !c.Urgent && c.Alarm == ""
}

// askRating asks once. The caller writes c; asked is empty where nothing was said.
func (h *Hub) askRating(tx Writer, c *Conversation, now time.Time) (asked []Message, err error) {
	if !h.cfg.AskRating || !c.ratable() || !c.Rating.AskedAt.IsZero() {
		return nil, nil
	}
	if answered, err := answeredByPeople(tx, *c); err != nil || !answered {
		return nil, err
	}
	asked, err = h.sayFreely(tx, c, content.Content{
		Text: fmt.Sprintf(inLanguage(ratingAsked, *c), c.Code), Choices: ratingChoices(*c),
	}, now)
	if len(asked) > 0 {
		c.Rating.AskedAt = now
	}
	return asked, err
}

func answeredByPeople(tx Reader, c Conversation) (bool, error) {
	latest, err := tx.Messages(c.ID, MessageQuery{Limit: resendWindow})
	for _, m := range latest {
		if m.byPeople() {
			return true, nil
		}
	}
	return false, err
}

// sayFreely says something that nobody needs, unless the channel does not take
// it now or would have it paid for.
func (h *Hub) sayFreely(tx Writer, c *Conversation, words content.Content, now time.Time) ([]Message, error) {
	if _, known := h.connectors[c.Channel]; !known {
		return nil, nil
	}
	m := Message{Author: Author{Kind: Bot}, Content: words, Automatic: true}
	if reason, _, err := h.closed(tx, *c, m, now); err != nil || reason != "" {
		return nil, err
	}
	m, err := h.say(tx, c, m, false, now)
	return []Message{m}, err
}

// askRating asks the citizen of the matter that the member has just closed.
func (a *acting) askRating() error {
	asked, err := a.hub.askRating(a.tx, &a.c, a.now)
	a.added = append(a.added, asked...)
	a.c.ReadSeq = a.c.LastSeq
	return err
}

// opinion is what an incoming message says of how a matter was handled.
type opinion struct {
	stars   int
	comment string
	of      ConversationID // where a choice was pressed; empty: of the last one
}

// opinionOf reads a message that can be nothing but an opinion.
func opinionOf(in connectors.Inbound) (o opinion, ok bool) {
	if value, pressed := strings.CutPrefix(in.Pressed, pressedRating); pressed {
		id, stars, _ := strings.Cut(value, ":")
		n, err := strconv.Atoi(stars)
		return opinion{stars: n, of: ConversationID(id)}, err == nil && n >= 1 && n <= 5
	}
	said := in.Content
	said.Text = ""
	if in.Pressed != "" || !said.Empty() {
		return o, false
	}
	for _, labels := range ratingLabels {
		var choices []content.Choice
		for i, label := range labels {
			choices = append(choices, content.Choice{Label: label, Value: strconv.Itoa(i + 1)})
		}
		if picked, ok := content.Pick(in.Content.Text, choices); ok {
			stars, err := strconv.Atoi(picked.Value)
			return opinion{stars: stars}, err == nil
		}
	}
	o.comment, ok = commentOf(in.Content.Text)
	return o, ok
}

// commentOf cuts "Góp ý" and what follows it from a text that begins with it.
func commentOf(text string) (string, bool) {
	text = strings.TrimSpace(text)
	for _, words := range []int{2, 1} {
		head, rest := firstWords(text, words)
		switch vi.Fold(strings.ToLower(head)) {
		case "gop y", "feedback":
			rest = strings.TrimLeft(rest, " :,.-–\n\r\t")
			return rest, rest != ""
		}
	}
	return "", false
}

// firstWords splits text after so many words; what is stuck to the last one is not part of it.
func firstWords(text string, n int) (head, rest string) {
	at := 0
	for range n {
		for at < len(text) && text[at] == ' ' {
			at++
		}
		for at < len(text) && !strings.ContainsRune(" :,.\n\r\t", rune(text[at])) {
			at++
		}
	}
	return text[:at], text[at:]
}

// rating takes a message for what the citizen thinks of a matter that was
// closed, where that was asked; true: it was that and nothing else. open: they
// have a matter that is open, and what they type is said in that.
func (r *receiving) rating(in connectors.Inbound, urgent, open bool) (bool, error) {
	pressed := strings.HasPrefix(in.Pressed, pressedRating)
	if urgent || !r.hub.cfg.AskRating || !pressed && (open || in.Pressed != "") {
		return false, nil
	}
	// Hardly anybody was asked: that is looked up before the words are read.
	last, found, err := r.lastAsked(in)
	if err != nil || !found && !pressed {
		return false, err
	}
	o, ok := opinionOf(in)
	if !ok {
		return false, nil
	}
	c, found, err := r.asked(in, o, last, found && !open)
	if err != nil || !found {
		return false, err
	}
	thanks := ratingThanks
	if o.comment != "" {
		thanks = commentThanks
	}
	if err := r.rated(in, c, o, thanks); err != nil {
		return false, err
	}
	r.kept++
	return true, nil
}

// lastAsked is the citizen's last matter, if they were asked about it lately.
func (r *receiving) lastAsked(in connectors.Inbound) (c Conversation, found bool, err error) {
	visits, _, err := r.tx.Conversations(ListQuery{Lists: []ListID{Visits(r.raw.Channel, in.From)}, Limit: visitsShown})
	if err != nil {
		return c, false, err
	}
	for _, c := range visits {
		if c.Thread == in.Thread {
			return c, !c.Rating.AskedAt.IsZero() && r.now.Sub(c.Rating.AskedAt) <= ratingWindow, nil
		}
	}
	return c, false, nil
}

// asked finds the matter that an opinion is about: the one whose choice was
// pressed, or the last one, where that waits for such words.
func (r *receiving) asked(in connectors.Inbound, o opinion, last Conversation, waits bool) (c Conversation, found bool, err error) {
	switch {
	case o.of != "":
		c, err = r.tx.Conversation(o.of)
		if errors.Is(err, ErrNotFound) {
			return c, false, nil
		}
		return c, c.Channel == r.raw.Channel && c.Remote == in.From && !c.Rating.AskedAt.IsZero(), err
	case o.comment != "":
		return last, waits && last.Rating.Stars > 0 && last.Rating.Comment == "", nil
	default:
		return last, waits && last.Rating.Stars == 0, nil
	}
}

// rated keeps the opinion with its message, and thanks for it. The lists show
// what was said of the matter itself, so they stay as they are.
func (r *receiving) rated(in connectors.Inbound, c Conversation, o opinion, thanks map[string]string) error {
	m, err := c.append(r.tx, Message{
		ID: MessageID(newID()), Conversation: c.ID, Direction: In, Author: Author{Kind: Citizen, Name: c.ContactName},
		Content: in.Content, Pressed: in.Pressed, Key: in.Key, Remote: in.Message, SentAt: in.SentAt, ReceivedAt: r.now,
		Raw: r.raw.ID, Late: in.Recalled,
	})
	if err != nil {
		return err
	}
	first := c.Rating.Stars == 0
	c.Rating.keep(o, r.now)
	said := []Message{m}
	if first || o.comment != "" {
		more, err := r.hub.sayFreely(r.tx, &c, content.Content{Text: inLanguage(thanks, c)}, r.now)
		if err != nil {
			return err
		}
		said = append(said, more...)
	}
	if c, err = r.tx.PutConversation(c); err != nil {
		return err
	}
	for _, m := range said {
		if err := r.tx.AppendEvent(messageEvent(MessageAdded, c, m, r.now)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rating) keep(o opinion, now time.Time) {
	if o.stars > 0 {
		r.Stars, r.At = o.stars, now
	}
	if o.comment != "" {
		r.Comment = o.comment
		if utf8.RuneCountInString(r.Comment) > commentLength {
			r.Comment = string([]rune(r.Comment)[:commentLength])
		}
	}
}

// Rate keeps what the citizen says on the tracking page of how a matter was
// handled. Said again it takes the place of what was said before.
func (h *Hub) Rate(ctx context.Context, id ConversationID, stars int, comment string) error {
	comment = strings.TrimSpace(comment)
	if stars < 1 || stars > 5 {
		return Invalid{{Field: "stars", Message: "Hãy chọn một mức từ 1 đến 5."}}
	}
	if utf8.RuneCountInString(comment) > commentLength {
		return Invalid{{Field: "comment", Message: fmt.Sprintf("Góp ý dài quá %d ký tự; hãy rút ngắn.", commentLength)}}
	}
	return h.store.Update(ctx, func(tx Writer) error {
		c, err := tx.Conversation(id)
		if err != nil {
			return err
		}
		answered, err := answeredByPeople(tx, c)
		if err != nil {
			return err
		}
		if !h.cfg.AskRating || !answered || !c.ratable() {
			return conflict("Phiếu %s hiện không nhận đánh giá.", c.Code)
		}
		if c.Rating.Stars == stars && c.Rating.Comment == comment {
			return nil // sent twice
		}
		now := h.store.Now()
		if c.Rating.AskedAt.IsZero() {
			c.Rating.AskedAt = now
		}
		c.Rating.Comment = ""
		c.Rating.keep(opinion{stars: stars, comment: comment}, now)
		note, err := h.mark(tx, &c, Change{Action: Rated, To: strconv.Itoa(stars)}, Author{Kind: Citizen, Name: c.ContactName}, now)
		if err != nil {
			return err
		}
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		return tx.AppendEvent(messageEvent(MessageAdded, c, note, now))
	})
}
