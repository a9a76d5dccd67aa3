// Package bot leads the dialogue with a citizen until people take over.
//
// One turn is one incoming message. The hub asks [Bot.Need] what to look up,
// gathers the [Evidence], and [Bot.Decide] says what the turn comes to. Both are
// pure: no clock, no network, no store. The same state, message and evidence
// give the same decision, so a turn can be repeated after a crash and replayed
// in a test.
//
// What a message means is settled in one order, and the first that fits counts:
// a report of danger; a wish for a person; a choice picked; courtesy and nothing
// else; files and nothing else; a complaint or denunciation; else a question.
// A wrong answer is worse than a handoff, so an entry answers only from a
// calibrated confidence on; below it the bot asks back, and below that people
// take over. No turn ends in silence.
//
// The bot has no words of its own. Whatever leaves it is an entry of the
// knowledge base or a fixed text; nothing a citizen wrote is ever said back, so
// nobody can make it say something.
package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"tongdai/connectors/content"
	"tongdai/kb"
	"tongdai/kb/vi"
)

// Config says when the bot answers and whose bot it is.
type Config struct {
	AnswerAt       float64 // confidence, 0 to 1, from which an entry is the answer
	ClarifyAt      float64 // from here up to AnswerAt the bot asks back
	UnhelpfulLimit int     // answers in a row that did not help, after which people take over; 0: 2
	// AnswersPerMinute bounds the turns of one conversation that are replied to in a
	// minute: who writes faster has said enough, and people take over; 0: no bound.
	AnswersPerMinute int
	Hotline          string // number for people, as it is said: "1022"
	Organisation     string // who answers: "Tổng đài 1022 Thanh Hóa"
}

// Bot decides turns. It is safe for use by several goroutines.
type Bot struct {
	cfg    Config
	texts  Texts
	book   *phrasebook
	triage *triage
	talk   *talk
	fixed  map[string][]string // see fixedLabels
	memory memory
}

// New makes a bot. The error joins everything that is wrong with the
// configuration, the texts and the triage rules, in Vietnamese.
func New(cfg Config, texts Texts, triage Triage) (*Bot, error) {
	cfg.UnhelpfulLimit = cmp.Or(cfg.UnhelpfulLimit, 2)
	var ps problems
	if cfg.AnswerAt <= 0 || cfg.AnswerAt > 1 || cfg.ClarifyAt < 0 || cfg.ClarifyAt > cfg.AnswerAt {
		ps.add("bot", "answer_at %v và clarify_at %v phải là xác suất, clarify_at không lớn hơn answer_at", cfg.AnswerAt, cfg.ClarifyAt)
	}
	if cfg.AnswersPerMinute < 0 {
		ps.add("bot.answers_per_minute", "%d phải từ 0", cfg.AnswersPerMinute)
	}
	if cfg.UnhelpfulLimit < 0 {
		ps.add("bot.unhelpful_limit", "%d phải từ 1", cfg.UnhelpfulLimit)
	}
	var errs []error
	for _, p := range slices.Concat(ps, texts.Check(), triage.Check(texts)) {
		errs = append(errs, p)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	b := &Bot{cfg: cfg, texts: texts, book: newPhrasebook(), fixed: fixedLabels(texts)}
	b.triage = newTriage(b.book, triage)
	b.talk = newTalk(b.book)
	return b, nil
}

// Need says what Decide will want to know about m.
func (b *Bot) Need(s State, m Message) Need {
	in := b.understand(s, m)
	switch in.kind {
	case pickedEntry:
		return Need{Entries: []kb.EntryID{in.entry}}
	case asks, filesComplaint:
		return Need{Query: in.question, Entries: s.Offered}
	}
	return Need{}
}

// Decide says what the turn comes to. e answers what Need asked for.
func (b *Bot) Decide(s State, m Message, e Evidence) Decision {
	in := b.understand(s, m)
	t := b.turn(s, m, e)
	minute, replied := t.pace()
	d := b.decide(t, in, m, b.cfg.AnswersPerMinute > 0 && replied >= b.cfg.AnswersPerMinute)
	if b.cfg.AnswersPerMinute > 0 {
		d.State.Minute, d.State.Replied = minute, replied+1
	}
	return d
}

// decide is Decide without the count. enough: what was said in this minute is
// replied to no more, unless there is danger.
func (b *Bot) decide(t turn, in intent, m Message, enough bool) Decision {
	s := t.s
	if enough && in.kind != reportsDanger {
		return t.handOff(Enough, t.say("handoff.enough"), cmp.Or(in.question, s.Asked))
	}
	switch in.kind {
	case reportsDanger:
		return t.urgent(in.rule, m.Text)
	case wantsPeople:
		return t.requested(cmp.Or(in.question, s.Asked))
	case pickedEntry:
		return t.picked(in.entry)
	case pickedPlace:
		return t.askPlace(s.Asked, nil)
	case pickedNone:
		return t.handOff(NotHelped, t.say("handoff.unhelpful"), s.Asked)
	case saysWrong:
		return t.unhelpful()
	case courtesy:
		return t.chat(in.text)
	case unreadable:
		return t.handOff(NotReadable, t.say("handoff.unreadable"), s.Asked)
	case filesComplaint:
		return t.complaint(in.question, b.complaintWords)
	default:
		return t.question(in)
	}
}

// turn is one decision in the making.
type turn struct {
	voice
	cfg   Config
	texts Texts
	rules *triage
	// ofPlace reports whether a text names a district or the like.
	ofPlace func(text string) bool
	s       State // the state before, with the language settled
	e       Evidence
}

func (b *Bot) turn(s State, m Message, e Evidence) turn {
	s.Language = cmp.Or(m.Language, s.Language, "vi")
	return turn{
		voice: voice{
			texts:   b.texts,
			english: s.Language == "en",
			fill: map[string]string{
				"{organisation}": b.cfg.Organisation, "{hotline}": b.cfg.Hotline,
				"{code}": e.Code, "{opens}": clock(e.Opens, s.Language == "en"), "{due}": clock(e.Due, s.Language == "en"),
			},
		},
		cfg: b.cfg, texts: b.texts, rules: b.triage, ofPlace: b.ofPlace, s: s, e: e,
	}
}

// zone is where every citizen of the hotline lives: UTC+7 without summer time.
var zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// pace is the minute that it is, and how many turns were replied to in it.
func (t turn) pace() (minute int64, replied int) {
	if minute = t.e.Now.Unix() / 60; t.s.Minute == minute {
		replied = t.s.Replied
	}
	return minute, replied
}

func clock(at time.Time, english bool) string {
	switch {
	case at.IsZero():
		return ""
	case english:
		return at.In(zone).Format("15:04 on 02/01/2006")
	}
	return at.In(zone).Format("15:04 ngày 02/01/2006")
}

// urgent: what to do and whom to call come before everything else.
func (t turn) urgent(r TriageRule, asked string) Decision {
	advice := t.say(r.Advice)
	c := content.Content{Text: paragraphs(t.say("urgent.intro"), advice, t.say(t.alarmed()))}
	for _, n := range emergencyNumbers(advice) {
		c.Links = append(c.Links, content.Link{Label: t.call(n), URL: "tel:" + n})
	}
	d := Decision{Outcome: Urgent, Reason: Danger, Rule: r.ID, Asked: clip(asked), State: t.settled()}
	return t.reply(d, c, t.say("automatic"))
}

// alarmed names the text that tells who has been told of an urgent report.
func (t turn) alarmed() string {
	switch {
	case t.e.Staffed:
		return "urgent.handoff"
	case t.e.Reachable:
		return "urgent.contacts"
	}
	return "urgent.alone"
}

func (t turn) call(number string) string {
	if t.english {
		return "Call " + number
	}
	return "Gọi " + number
}

func (t turn) requested(asked string) Decision {
	return t.handOff(Requested, t.say("handoff.requested"), asked)
}

// picked answers with the entry that the citizen chose.
func (t turn) picked(id kb.EntryID) Decision {
	e, ok := t.e.Entries[id]
	if !ok { // withdrawn since it was offered
		return t.handOff(Unknown, t.say("unknown"), t.s.Asked)
	}
	d := t.answer(e, 1)
	d.Candidates = []Candidate{{Entry: e.ID, Question: e.Question, Confidence: 1}}
	d.Asked = t.s.Asked
	return d
}

// unhelpful: once the citizen may say it differently, then people take over.
func (t turn) unhelpful() Decision {
	t.s.Unhelpful++
	if t.s.Unhelpful >= t.cfg.UnhelpfulLimit {
		return t.handOff(NotHelped, t.say("handoff.unhelpful"), t.s.Asked)
	}
	next := t.s
	next.Offered, next.Answered, next.AskPlace = nil, "", false
	next.Choices = []string{pressPerson}
	c := content.Content{Text: t.say("rephrase"), Choices: []content.Choice{{Label: t.say("answer.person"), Value: pressPerson}}}
	return t.greeted(Decision{Outcome: Clarify, Asked: t.s.Asked, State: next}, c)
}

// chat says something kind. The greeting of a first reply is a greeting enough.
func (t turn) chat(text string) Decision {
	next := t.s
	if text == "thanks" || text == "goodbye" {
		next = t.settled()
	}
	said := t.say(text)
	if text == "hello" && !t.s.Greeted {
		said = ""
	}
	return t.greeted(Decision{Outcome: Chat, State: next}, content.Content{Text: said})
}

// complaint: an entry answers only if it speaks of complaints itself.
func (t turn) complaint(asked string, about func(string) bool) Decision {
	hits := t.hits()
	if len(hits) > 0 && hits[0].Confidence >= t.cfg.AnswerAt && about(hits[0].Entry.Question) {
		return t.answerTo(asked, hits)
	}
	t.s.Field = t.fieldBy(hits)
	d := t.handOff(Requested, t.say("complaint"), asked)
	d.Candidates = candidates(hits)
	return d
}

// question answers, asks back or hands off.
func (t turn) question(in intent) Decision {
	if id, ok := t.labelled(in.typed); ok {
		return t.picked(id)
	}
	if in.complains {
		t.s.Unhelpful++
		if t.s.Unhelpful >= t.cfg.UnhelpfulLimit {
			return t.handOff(NotHelped, t.say("handoff.unhelpful"), in.question)
		}
	} else if t.s.Answered != "" {
		t.s.Unhelpful = 0 // what was answered before stood
	}
	hits := t.hits()
	t.s.Field = t.fieldBy(hits)
	switch {
	case len(hits) > 0 && hits[0].Confidence >= t.cfg.AnswerAt:
		return t.answerTo(in.question, hits)
	case t.e.Form: // asking back, the report would stay with the bot until its sender looks again
	case len(hits) > 0 && t.lacksPlace(hits[0], placeShare*t.cfg.AnswerAt):
		return t.askPlace(in.question, hits)
	case len(hits) > 0 && hits[0].Confidence+t.besides(hits) >= t.cfg.ClarifyAt:
		return t.clarify(in.question, hits)
	}
	reason, text := Unknown, "unknown"
	if t.s.Unhelpful > 0 {
		reason, text = NotHelped, "handoff.unhelpful"
	}
	d := t.handOff(reason, t.say(text), in.question)
	d.Candidates = candidates(hits)
	return d
}

// fieldBy is the field of the last answer where what is asked now is nearest to an
// entry of it as well: a fact, then, that who takes over may rest on. A pothole after
// a question about vaccination is not (docs/decisions/routing.md).
func (t turn) fieldBy(hits []kb.Hit) kb.CategoryID {
	if len(hits) == 0 || hits[0].Entry.Category != t.s.Field {
		return ""
	}
	return t.s.Field
}

// hits are the entries found that answer now, best first.
func (t turn) hits() []kb.Hit {
	return slices.DeleteFunc(slices.Clone(t.e.Hits), func(h kb.Hit) bool { return !h.Entry.Answers(t.e.Now) })
}

// labelled finds the offered entry whose label the citizen typed.
func (t turn) labelled(typed string) (kb.EntryID, bool) {
	typed = sameLabel(typed)
	for _, id := range t.s.Offered {
		if e, ok := t.e.Entries[id]; ok && typed != "" && sameLabel(e.Question) == typed {
			return id, true
		}
	}
	return "", false
}

func sameLabel(label string) string { return strings.Join(vi.Texts(vi.Fold(label)), " ") }

func (t turn) answerTo(asked string, hits []kb.Hit) Decision {
	d := t.answer(hits[0].Entry, hits[0].Confidence)
	d.Asked = clip(asked)
	d.State.Asked = d.Asked
	d.Candidates = candidates(hits)
	return d
}

// answer says the entry, who vouches for it since when, and the way to people.
func (t turn) answer(e kb.Entry, confidence float64) Decision {
	c := content.Content{
		Text: paragraphs(e.Answer, t.footer(e), t.say("answer.helpful")),
		Choices: []content.Choice{
			{Label: t.say("answer.yes"), Value: pressYes},
			{Label: t.say("answer.no"), Value: pressWrong},
			{Label: t.say("answer.person"), Value: pressPerson},
		},
	}
	next := t.s
	next.Offered, next.Answered, next.AskPlace = nil, e.ID, false
	next.Field = e.Category
	next.Choices = values(c.Choices)
	d := Decision{Outcome: Answer, Entry: e.ID, Confidence: confidence, State: next}
	d = t.greeted(d, c)
	for i := range d.Replies {
		d.Replies[i].Entry = e.ID
	}
	return d
}

func (t turn) footer(e kb.Entry) string {
	name := ""
	if t.e.Department != nil && e.Department != "" {
		name = t.e.Department(e.Department)
	}
	if name == "" {
		return ""
	}
	key := "answer.footer"
	if e.ConfirmedOn.IsZero() {
		key = "answer.undated"
	}
	return filled(t.say(key), map[string]string{"{department}": name, "{date}": e.ConfirmedOn.In(zone).Format("02/01/2006")})
}

// offered is how many entries are put to choice: more is a list nobody reads.
const offered = 3

// clarify asks which entry is meant. Asking twice for the same is no help. Entries that
// differ by their place only make one choice together.
func (t turn) clarify(asked string, hits []kb.Hit) Decision {
	hits = hits[:min(len(hits), offered)]
	next := t.s
	next.Asked, next.Answered, next.Offered, next.AskPlace = clip(asked), "", nil, false
	c := content.Content{Text: t.say("clarify")}
	byPlace := false
	for _, h := range hits {
		if t.lacksPlace(h, 0) {
			byPlace = true
			continue
		}
		next.Offered = append(next.Offered, h.Entry.ID)
		c.Choices = append(c.Choices, content.Choice{Label: h.Entry.Question, Value: pressEntry + string(h.Entry.ID)})
	}
	if len(next.Offered) == 0 {
		return t.askPlace(asked, hits)
	}
	if byPlace {
		c.Choices = append(c.Choices, content.Choice{Label: t.say("clarify.byplace"), Value: pressPlace})
	}
	c.Choices = append(c.Choices, content.Choice{Label: t.say("clarify.none"), Value: pressNone})
	next.Choices = values(c.Choices)
	if slices.ContainsFunc(next.Offered, func(id kb.EntryID) bool { return slices.Contains(t.s.Offered, id) }) {
		d := t.handOff(NotHelped, t.say("handoff.unhelpful"), asked)
		d.Candidates = candidates(hits)
		return d
	}
	d := Decision{Outcome: Clarify, Confidence: hits[0].Confidence, Candidates: candidates(hits), Asked: next.Asked, State: next}
	return t.greeted(d, c)
}

// handOff says why, and who will answer by when.
func (t turn) handOff(reason Reason, why, asked string) Decision {
	d := Decision{Outcome: HandOff, Reason: reason, Asked: clip(asked), State: t.settled()}
	for _, id := range t.s.Offered {
		if e, ok := t.e.Entries[id]; ok {
			d.Candidates = append(d.Candidates, Candidate{Entry: id, Question: e.Question})
		}
	}
	text := paragraphs(why, t.say(t.who()))
	if d.AskedPlace = t.e.NeedsPlace != nil && t.e.NeedsPlace(t.s.Field); d.AskedPlace {
		text = paragraphs(text, t.say("handoff.place"))
	}
	return t.greeted(d, content.Content{Text: text})
}

// who names the text that tells who answers, and by when.
func (t turn) who() string {
	switch {
	case t.e.Staffed:
		return "handoff.staffed"
	case !t.e.Opens.IsZero() && t.e.InHours:
		return "handoff.unmanned"
	case !t.e.Opens.IsZero():
		return "handoff.closed"
	case !t.e.Due.IsZero():
		return "handoff.by"
	}
	return "handoff.later"
}

// Broken is the decision for a turn that could not be decided, so that the
// citizen is told and people take over.
func (b *Bot) Broken(s State, m Message, e Evidence) Decision {
	t := b.turn(s, m, e)
	return t.handOff(Broken, t.say("broken"), m.Text)
}

// settled is the state when a matter has been dealt with.
func (t turn) settled() State {
	return State{Greeted: t.s.Greeted, Language: t.s.Language, Field: t.s.Field}
}

// greeted opens the first reply of a conversation with the greeting, which says
// that a machine answers and how to reach people (Law 134/2025/QH15, Article 11).
// Who came with a question is not kept from the answer by more than a line.
func (t turn) greeted(d Decision, c content.Content) Decision {
	greeting := "greeting.short"
	if d.Outcome == Chat {
		greeting = "greeting"
	}
	if !t.s.Greeted && t.e.Letter == nil {
		c.Text = paragraphs(t.say(greeting), c.Text)
	}
	return t.reply(d, c, "")
}

// reply closes the decision with c. disclosure stands at the end of a first
// reply that cannot wait for a greeting.
func (t turn) reply(d Decision, c content.Content, disclosure string) Decision {
	if t.e.Letter != nil {
		c.Text = t.letter(c.Text)
	} else if !t.s.Greeted && disclosure != "" {
		c.Text = paragraphs(c.Text, disclosure)
	}
	c.Text = strings.ToValidUTF8(c.Text, "\uFFFD")
	d.State.Greeted = true
	d.Replies = append(d.Replies, Reply{Content: c})
	if len(d.Candidates) > 0 {
		d.Confidence = max(d.Confidence, d.Candidates[0].Confidence)
	}
	return d
}

// weighed is how many candidates are kept for people to see.
const weighed = 5

func candidates(hits []kb.Hit) []Candidate {
	var list []Candidate
	for _, h := range hits[:min(len(hits), weighed)] {
		list = append(list, Candidate{Entry: h.Entry.ID, Question: h.Entry.Question, Confidence: h.Confidence})
	}
	return list
}

func values(choices []content.Choice) []string {
	var list []string
	for _, c := range choices {
		list = append(list, c.Value)
	}
	return list
}

// askedRunes bounds what is kept of a question in the state.
const askedRunes = 2000

func clip(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if runes := []rune(text); len(runes) > askedRunes {
		return string(runes[:askedRunes])
	}
	return text
}
