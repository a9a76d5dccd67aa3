// Package province makes up what a hub keeps after some years, for measuring
// what its pages, searches, starts and backups cost by then: benchmarks fill
// stores with it, and so does tongdai loadtest. The same sizes make the same
// conversations, whichever store they lie in.
//
// The matters were raised evenly over two years. The newest tenth is still open
// and with people, and a citizen waits in half of those; every citizen came
// with four matters. Citizens and answers take turns, and where people have
// taken over, the last answer is a member's.
package province

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// Province is a hub's past. The zero value of what may be left out leaves it out.
type Province struct {
	Conversations int
	Messages      int       // of each conversation
	Long          int       // messages of one conversation, in the middle, that has more; see Longest
	End           time.Time // of the two years
	// Whole keeps as well what nobody reads every day: the raw bytes and the key
	// of everything that arrived, and the bot's turns.
	Whole bool
	// File is what the first message of a conversation carries, if ok; nil: none carries anything.
	File func(i int) (file content.Attachment, ok bool)
}

// Years are how long it has been going on.
const Years = 2 * 365 * 24 * time.Hour

const (
	matters     = 4  // of a citizen
	departments = 20 // that have matters
	members     = 50 // who have taken some
)

// Channel is where everything arrived.
const Channel connectors.ChannelID = "web"

// Department is one of twenty that have matters, Member one of fifty who have taken some.
func Department(i int) kb.DepartmentID { return kb.DepartmentID(fmt.Sprint("d", i%departments)) }

// Member is one of fifty who have taken matters.
func Member(i int) inbox.MemberID { return inbox.MemberID(fmt.Sprint("m", i%members)) }

// Longest is the conversation that has Long messages.
func (p Province) Longest() int { return p.Conversations / 2 }

// Contact is who raised the i-th matter; they are numbered from 0.
func (p Province) Contact(i int) inbox.ContactID {
	return inbox.ContactID(fmt.Sprintf("p%09d", i%p.citizens()))
}

func (p Province) citizens() int { return (p.Conversations + matters - 1) / matters }

// Size is how many messages the i-th conversation has.
func (p Province) Size(i int) int {
	if p.Long > 0 && i == p.Longest() {
		return p.Long
	}
	return p.Messages
}

// Total is how many messages all conversations have.
func (p Province) Total() int {
	all := p.Conversations * p.Messages
	if p.Long > 0 {
		all += p.Long - p.Messages
	}
	return all
}

// Conversation is the i-th, from the oldest, as it stands after its last message.
func (p Province) Conversation(i int) inbox.Conversation {
	n := p.Size(i)
	last, at := p.Message(i, n), p.at(i, 1)
	c := inbox.Conversation{
		ID: ID(i), Code: fmt.Sprintf("TT-%09d", i), Contact: p.Contact(i), Channel: Channel, Remote: remote(p.Contact(i)),
		Status: inbox.Resolved, Handler: inbox.ByPeople, Department: Department(i), ContactName: name(i % p.citizens()),
		LastText: beginning(last.Content.Text), LastAuthor: last.Author.Kind, LastAt: last.ReceivedAt, CreatedAt: at, SaidAt: last.ReceivedAt,
		LastSeq: uint64(n), ReadSeq: uint64(n),
	}
	if !p.open(i) {
		c.ResolvedAt = last.ReceivedAt
		return c
	}
	c.Status, c.Assignee = inbox.Open, Member(i)
	if i%2 == 0 {
		c.WaitingSince, c.Unanswered, c.ReadSeq, c.Unread = at, true, uint64(n-1), 1
	}
	return c
}

// beginning is as much of a text as a list shows.
func beginning(text string) string {
	letters := []rune(text)
	return string(letters[:min(len(letters), 120)])
}

// open tells of the newest tenth.
func (p Province) open(i int) bool { return i >= p.Conversations-p.Conversations/10 }

// ID is the id of the i-th conversation.
func ID(i int) inbox.ConversationID { return inbox.ConversationID(fmt.Sprintf("c%09d", i)) }

// MessageID is the id of its n-th message, from 1.
func MessageID(i, n int) inbox.MessageID { return inbox.MessageID(fmt.Sprintf("n%09d-%05d", i, n)) }

func remote(c inbox.ContactID) connectors.RemoteID { return connectors.RemoteID("at-" + c) }

// at is when the n-th message of the i-th conversation was said: one every
// minute at most, so that the last is said before End.
func (p Province) at(i, n int) time.Time {
	apart := Years / time.Duration(p.Conversations+1)
	pause := min(time.Minute, apart/time.Duration(p.Size(i)+1))
	return p.End.Add(-apart * time.Duration(p.Conversations-i)).Add(pause * time.Duration(n)).Truncate(time.Millisecond).UTC()
}

// Message is the n-th message of the i-th conversation, from 1.
func (p Province) Message(i, n int) inbox.Message {
	at := p.at(i, n)
	m := inbox.Message{
		ID: MessageID(i, n), Conversation: ID(i), Seq: uint64(n), SentAt: at, ReceivedAt: at, ShownAt: at,
		Direction: inbox.In, Author: inbox.Author{Kind: inbox.Citizen, Name: name(i % p.citizens())}, Key: fmt.Sprintf("%s:%d", p.Contact(i), n),
	}
	m.Content.Text = Text(i, n)
	switch {
	case n%2 == 1:
		if p.Whole {
			m.Raw = inbox.RawID(m.ID)
		}
		if file, ok := p.file(i); n == 1 && ok {
			m.Content.Attachments = []content.Attachment{file}
		}
		return m
	case n == p.Size(i):
		m.Author = inbox.Author{Kind: inbox.ByMember, Member: Member(i), Name: name(i % members)}
	default:
		m.Author = inbox.Author{Kind: inbox.Bot}
		m.Automatic = true
	}
	m.Direction, m.Key = inbox.Out, ""
	m.Delivery = inbox.Delivery{State: inbox.Sent, Attempts: 1, At: at}
	return m
}

func (p Province) file(i int) (content.Attachment, bool) {
	if p.File == nil {
		return content.Attachment{}, false
	}
	return p.File(i)
}

// Text is what the n-th message of the i-th conversation says: 8 to 39 words, of
// which a few are in most messages and most in few, as in any language.
func Text(i, n int) string {
	chance := rand.New(rand.NewPCG(uint64(i), uint64(n)))
	var said strings.Builder
	for w := range 8 + (i*7919+n*104729)%32 {
		if w > 0 {
			said.WriteByte(' ')
		}
		said.WriteString(Word(int(float64(Words) * math.Pow(chance.Float64(), 3))))
	}
	return said.String()
}

// Words are how many words there are.
const Words = 3000

// Word is the i-th word, from the most common: a Vietnamese syllable.
func Word(i int) string {
	begin, end := begins[i%len(begins)], ends[i/len(begins)%len(ends)]
	return begin + end
}

// Syllables are made of a beginning and an end.
var (
	begins = strings.Fields("t c n h th đ m l b kh v nh ph tr ch g s d x ng r gh qu")
	ends   = strings.Fields("ôi ó à ở ày ai ông anh ang iên ường ình ội ất ủ ướng ân áo ên uyện án ành ới oàn ước ạn iệt ục ăm ải ong " +
		"ươi ú ấy ết áp ức êm iều ỏi ứng ài ịch ợp ộ ăn ưa iấy ác im ãi ỗi ương uế õ ây ọc ầu òng ệ ăng ận iệm oại " +
		"ơn ung ĩ âm ùng at inh âu eo uy oan ổ áng iền ằng ượng ữ ào ìm ệp uốc ế ồ iếu ền ấp ệnh ối ạt ụng ụ ẻ " +
		"ưởng uất ẩm ích ố òa ít iếp ản ệu oa út iện uộc ầm ờ ột ậy ắc ẽ iết ời ữa ơi ạch oát uyết ảng ậu ống ẳng " +
		"ếp iếng ượt uân ọng ễ iểu ẫn ồng uổi ấu")
)

func name(i int) string {
	return strings.Join([]string{families[i%len(families)], middles[i/len(families)%len(middles)], givens[i/len(families)/len(middles)%len(givens)]}, " ")
}

var (
	families = strings.Fields("Nguyễn Lê Trần Phạm Hoàng Đỗ Bùi Vũ Trịnh Mai Hà")
	middles  = strings.Fields("Thị Văn Minh Ngọc Đức Hữu Thanh")
	givens   = strings.Fields("Lan Hùng Hoa Dũng Mai Tuấn Hương Nam Thảo Sơn Yến Long Hạnh")
)

// together is how many messages, about, are written in one transaction.
const together = 10_000

// Fill writes everything into an empty store, through the store's own writers.
// tell, which may be nil, hears how many conversations are there.
func (p Province) Fill(ctx context.Context, store inbox.Store, tell func(done int)) error {
	step := max(1, together/max(p.Messages, 1))
	for from := 0; from < p.Conversations; from += step {
		until := min(from+step, p.Conversations)
		if err := store.Update(ctx, func(tx inbox.Writer) error {
			for i := from; i < until; i++ {
				if err := p.write(tx, i); err != nil {
					return fmt.Errorf("conversation %d: %w", i, err)
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if tell != nil {
			tell(until)
		}
	}
	return nil
}

func (p Province) write(tx inbox.Writer, i int) error {
	c := p.Conversation(i)
	if i < p.citizens() {
		if err := tx.PutContact(inbox.Contact{ID: c.Contact, Name: c.ContactName, Language: "vi", CreatedAt: c.CreatedAt}); err != nil {
			return err
		}
		if err := tx.PutIdentity(inbox.Identity{Channel: c.Channel, Remote: c.Remote, Contact: c.Contact}); err != nil {
			return err
		}
	}
	if _, err := tx.PutConversation(c); err != nil {
		return err
	}
	for n := 1; n <= p.Size(i); n++ {
		m := p.Message(i, n)
		if _, err := tx.AppendMessage(m); err != nil {
			return err
		}
		if p.Whole && m.Direction == inbox.In {
			if err := p.writeArrival(tx, m); err != nil {
				return err
			}
		}
	}
	return tx.AppendAudit(inbox.Audit{At: c.LastAt, Member: Member(i), Action: inbox.Looked, Conversation: c.ID, Address: "127.0.0.1"})
}

// writeArrival keeps what is there of a message besides itself.
func (p Province) writeArrival(tx inbox.Writer, m inbox.Message) error {
	if _, _, err := tx.Remember(inbox.Key{Channel: Channel, Kind: connectors.Said, Value: m.Key}, [32]byte{1}); err != nil {
		return err
	}
	raw := inbox.Raw{ID: m.Raw, Raw: connectors.Raw{Channel: Channel, ReceivedAt: m.ReceivedAt, Type: "application/json"}}
	raw.Body = fmt.Appendf(nil, `{"key":%q,"text":%q,"language":"vi"}`, m.Key, m.Content.Text)
	if err := tx.PutRaw(raw); err != nil {
		return err
	}
	return tx.PutTurn(inbox.Turn{
		Message: m.ID, Conversation: m.Conversation, At: m.ReceivedAt, Took: time.Millisecond, Outcome: bot.Answer, Entry: "LT001", Confidence: .9,
		Candidates: []bot.Candidate{{Entry: "LT001", Question: "Thủ tục đăng ký khai sinh cần những giấy tờ gì?", Confidence: .9}},
	})
}
