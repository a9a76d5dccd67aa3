package storetest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
)

// BenchmarkReceive measures what the hub writes for one incoming message: key,
// raw bytes, message, conversation, turn, event, in one Update. open opens a
// fresh, empty store and closes it when the benchmark ends.
func BenchmarkReceive(b *testing.B, open func(b *testing.B) inbox.Store) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			h := &hub{B: b, Store: open(b)}
			inTurns(b, writers, func(w, i int) { h.receive(w, i) })
		})
	}
}

// BenchmarkReceiveAndTurn measures a message with the bot's answer: two
// Updates and a Claim. Its Updates are as many as messages a second, twice.
func BenchmarkReceiveAndTurn(b *testing.B, open func(b *testing.B) inbox.Store) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) { ReceiveAndTurn(b, open(b), writers) })
	}
}

// ReceiveAndTurn writes b.N messages with their answers, by so many writers.
func ReceiveAndTurn(b *testing.B, s inbox.Store, writers int) {
	h := &hub{B: b, Store: s}
	inTurns(b, writers, func(w, i int) {
		h.receive(w, i)
		h.turn(i)
	})
}

// hub plays the part of the hub that writes.
type hub struct {
	*testing.B
	inbox.Store
	answered atomic.Int64
}

// inTurns spreads b.N calls over the writers.
func inTurns(b *testing.B, writers int, fn func(w, i int)) {
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
				fn(w, i)
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

var body = []byte(`{"event_name":"user_send_text","message":{"text":"` + strings.Repeat("Tiêm mũi 3 ở đâu? ", 12) + `"}}`)

func said(c inbox.ConversationID, w, i int) inbox.Message {
	m := inbox.Message{
		ID: inbox.MessageID(fmt.Sprintf("%032d", i)), Conversation: c, Direction: inbox.In,
		Author: inbox.Author{Kind: inbox.Citizen, Name: "Khách 1022"}, Key: fmt.Sprint("zalo:", i),
		SentAt: time.Now(), ReceivedAt: time.Now(), Raw: inbox.RawID(fmt.Sprintf("%032d", i)),
	}
	m.Content.Text = "Tiêm mũi 3 ở đâu? Tôi ở phường Lam Sơn, thành phố Thanh Hóa, đã tiêm hai mũi."
	return m
}

// perVisitor is how many messages somebody writes before another begins.
const perVisitor = 8

func (h *hub) receive(w, i int) {
	visitor := fmt.Sprintf("visitor-%d-%d", w, i/perVisitor/64)
	err := h.Store.Update(h.B.Context(), func(tx inbox.Writer) error {
		if known, _, err := tx.Remember(inbox.Key{Channel: "web", Kind: connectors.Said, Value: fmt.Sprint(i)}, [32]byte{byte(i)}); err != nil || known {
			return err
		}
		if err := tx.PutRaw(inbox.Raw{ID: inbox.RawID(fmt.Sprintf("%032d", i)), Raw: connectors.Raw{Channel: "web", Body: body}}); err != nil {
			return err
		}
		c, err := conversationOf(tx, visitor)
		if err != nil {
			return err
		}
		m, err := tx.AppendMessage(said(c.ID, w, i))
		if err != nil {
			return err
		}
		c.LastAt, c.LastText, c.LastSeq = time.Now(), m.Content.Text, m.Seq
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		if err := tx.Enqueue(inbox.Task{ID: string(m.ID), Kind: inbox.Turns, Group: string(c.ID), Ref: string(m.ID), Due: time.Now()}); err != nil {
			return err
		}
		return tx.AppendEvent(inbox.Event{At: time.Now(), Kind: inbox.MessageAdded, Conversation: c.ID, Message: m.ID, Channel: "web"})
	})
	if err != nil {
		h.B.Error(err)
	}
}

func conversationOf(tx inbox.Writer, visitor string) (inbox.Conversation, error) {
	live := inbox.Live("web", connectors.RemoteID(visitor), "")
	found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{live}, Limit: 1})
	if err != nil || len(found) > 0 {
		return append(found, inbox.Conversation{})[0], err
	}
	code, err := tx.NextCode("TH", time.Now())
	if err != nil {
		return inbox.Conversation{}, err
	}
	return inbox.Conversation{
		ID: inbox.ConversationID(code), Code: code, Contact: inbox.ContactID(code), Channel: "web", Remote: connectors.RemoteID(visitor),
		Status: inbox.Open, Handler: inbox.ByBot, ContactName: "Khách 1022", CreatedAt: time.Now(),
	}, nil
}

// turn answers whatever waits, as a worker does.
func (h *hub) turn(int) {
	claims, err := h.Store.Claim(h.B.Context(), inbox.Turns, 1, time.Minute)
	if err != nil {
		h.B.Error(err)
	}
	for _, claim := range claims {
		if err := h.Store.Update(h.B.Context(), func(tx inbox.Writer) error { return answer(tx, claim, h.answered.Add(1)) }); err != nil {
			h.B.Error(err)
		}
	}
}

func answer(tx inbox.Writer, claim inbox.Claim, n int64) error {
	if err := tx.Finish(claim); err != nil {
		return err
	}
	c, err := tx.Conversation(inbox.ConversationID(claim.Task.Group))
	if err != nil {
		return err
	}
	reply := said(c.ID, 0, 0)
	reply.ID, reply.Direction = inbox.MessageID(fmt.Sprintf("a%031d", n)), inbox.Out
	m, err := tx.AppendMessage(reply)
	if err != nil {
		return err
	}
	if err := tx.PutTurn(inbox.Turn{Message: inbox.MessageID(claim.Task.Ref), Conversation: c.ID}); err != nil {
		return err
	}
	c.LastAt, c.LastSeq = time.Now(), m.Seq
	if _, err = tx.PutConversation(c); err != nil {
		return err
	}
	return tx.AppendEvent(inbox.Event{At: time.Now(), Kind: inbox.MessageAdded, Conversation: c.ID, Message: m.ID, Channel: "web"})
}
