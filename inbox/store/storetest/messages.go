package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

var messageTests = []test{
	{"a file is in use once any message carries it", func(b *bench) {
		carrying := func(id inbox.MessageID, files ...string) {
			b.write(func(tx inbox.Writer) error {
				m := inbox.Message{ID: id, Conversation: "c"}
				for _, f := range files {
					m.Content.Attachments = append(m.Content.Attachments, content.Attachment{ID: f})
				}
				_, err := tx.AppendMessage(m)
				return err
			})
		}
		carrying("m1", "aa", "")
		carrying("m2", "aa", "bb")
		b.read(func(tx inbox.Reader) error {
			for file, want := range map[string]bool{"aa": true, "bb": true, "a": false, "aab": false, "": false, "cc": false} {
				used, err := tx.AttachmentUsed(file)
				if err != nil {
					return err
				}
				equal(b, fmt.Sprintf("use of %q", file), used, want)
			}
			return nil
		})
	}},
	{"messages are numbered within their conversation", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			for i := range 3 {
				for _, c := range []inbox.ConversationID{"c", "c1", "c\x00"} {
					m, err := tx.AppendMessage(inbox.Message{ID: inbox.MessageID(fmt.Sprint(c, "-", i)), Conversation: c})
					if err != nil {
						return err
					}
					equal(b, "number of "+string(m.ID), m.Seq, uint64(i+1))
				}
			}
			return nil
		})
		b.read(func(tx inbox.Reader) error {
			for _, c := range []inbox.ConversationID{"c", "c1", "c\x00"} {
				found, err := tx.Messages(c, inbox.MessageQuery{Limit: 10})
				if err != nil {
					return err
				}
				equal(b, "of "+string(c), ids(found, messageID), fmt.Sprintf("[%[1]s-0 %[1]s-1 %[1]s-2]", c))
			}
			return nil
		})
	}},
	{"messages are read forwards and backwards from any number", func(b *bench) {
		b.say("c1", 5)
		b.say("c0", 2)
		b.say("c2", 2)
		for _, tt := range []struct {
			q    inbox.MessageQuery
			want string
		}{
			{inbox.MessageQuery{Limit: 2}, "[c1-4 c1-5]"},
			{inbox.MessageQuery{Before: 4, Limit: 2}, "[c1-2 c1-3]"},
			{inbox.MessageQuery{Before: 1, Limit: 2}, "[]"},
			{inbox.MessageQuery{Before: 99, Limit: 1}, "[c1-5]"},
			{inbox.MessageQuery{Forward: true, Limit: 2}, "[c1-1 c1-2]"},
			{inbox.MessageQuery{Forward: true, After: 3, Limit: 9}, "[c1-4 c1-5]"},
			{inbox.MessageQuery{Forward: true, After: 5, Limit: 9}, "[]"},
			{inbox.MessageQuery{Forward: true, After: ^uint64(0), Limit: 9}, "[]"},
			{inbox.MessageQuery{}, "[c1-1 c1-2 c1-3 c1-4 c1-5]"},
		} {
			b.read(func(tx inbox.Reader) error {
				found, err := tx.Messages("c1", tt.q)
				equal(b, fmt.Sprintf("%+v", tt.q), ids(found, messageID), tt.want)
				return err
			})
		}
	}},
	{"a long conversation is read page by page, either way", func(b *bench) {
		const length, page = 1500, 70
		b.say("c0", 400)
		b.say("c1", length)
		b.say("c2", 400)
		b.read(func(tx inbox.Reader) error {
			for after := uint64(0); after < length; {
				found, err := tx.Messages("c1", inbox.MessageQuery{Forward: true, After: after, Limit: page})
				if err != nil {
					return err
				}
				equal(b, fmt.Sprint("messages after ", after), len(found), min(page, length-int(after)))
				for _, m := range found {
					after++
					equal(b, "next", m.ID, inbox.MessageID(fmt.Sprint("c1-", after)))
				}
			}
			for before := uint64(length + 1); before > 1; {
				found, err := tx.Messages("c1", inbox.MessageQuery{Before: before, Limit: page})
				if err != nil {
					return err
				}
				equal(b, fmt.Sprint("messages before ", before), len(found), min(page, int(before)-1))
				for _, m := range slices.Backward(found) {
					before--
					equal(b, "next", m.ID, inbox.MessageID(fmt.Sprint("c1-", before)))
				}
			}
			return nil
		})
	}},
	{"a message is written over, but keeps its place", func(b *bench) {
		b.say("c1", 2)
		b.write(func(tx inbox.Writer) error {
			m, err := tx.Message("c1-1")
			if err != nil {
				return err
			}
			m.Delivery = inbox.Delivery{State: inbox.Sent, At: morning}
			return tx.PutMessage(m)
		})
		b.read(func(tx inbox.Reader) error {
			found, err := tx.Messages("c1", inbox.MessageQuery{Limit: 5})
			equal(b, "order", ids(found, messageID), "[c1-1 c1-2]")
			equal(b, "state", found[0].Delivery.State, inbox.Sent)
			return err
		})
		b.refused(inbox.ErrNotFound, func(tx inbox.Writer) error {
			return tx.PutMessage(inbox.Message{ID: "never", Conversation: "c1", Seq: 1})
		})
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error {
			return tx.PutMessage(inbox.Message{ID: "c1-1", Conversation: "c1", Seq: 2})
		})
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error {
			_, err := tx.AppendMessage(inbox.Message{ID: "c1-1", Conversation: "c1"})
			return err
		})
	}},
	{"messages that wait for a person are listed until they no longer do", func(b *bench) {
		b.say("c1", 4)
		state := func(id inbox.MessageID, s inbox.DeliveryState) {
			b.write(func(tx inbox.Writer) error {
				m, err := tx.Message(id)
				if err != nil {
					return err
				}
				m.Delivery.State = s
				return tx.PutMessage(m)
			})
		}
		stuck := func(after inbox.MessageID, limit int, want string) {
			b.Helper()
			b.read(func(tx inbox.Reader) error {
				found, err := tx.Stuck(after, limit)
				equal(b, fmt.Sprintf("stuck after %q", after), ids(found, messageID), want)
				return err
			})
		}
		state("c1-1", inbox.Parked)
		state("c1-2", inbox.Sending)
		state("c1-3", inbox.Failed)
		state("c1-4", inbox.Parked)
		stuck("", 10, "[c1-1 c1-3 c1-4]")
		stuck("", 2, "[c1-1 c1-3]")
		stuck("c1-1", 10, "[c1-3 c1-4]")
		stuck("c1-2", 10, "[c1-3 c1-4]")
		state("c1-3", inbox.Queued)
		stuck("", 10, "[c1-1 c1-4]")
	}},
	{"words are kept exactly, however long or strange", func(b *bench) {
		words := []string{
			"", " ", "Đường Lê Lợi bị ngập \U0001F30A\U0001F468\u200D\U0001F469\u200D\U0001F467", "a\x00b\r\n\t\x7f", "<b>&amp;\u2028\u2029</b>",
			"Ti\u00ea\u0301ng Vi\u1ec7t, hai cách gõ: \u1ebf e\u0302\u0301", "\ufffd\ufeff\U0010FFFF", strings.Repeat("dài ", 1<<18),
		}
		b.write(func(tx inbox.Writer) error {
			for i, w := range words {
				m := inbox.Message{
					ID: inbox.MessageID(fmt.Sprint("m", i)), Conversation: "c1", Key: w, Pressed: w,
					Content: content.Content{Text: w, Choices: []content.Choice{{Label: w, Value: w}}},
				}
				if _, err := tx.AppendMessage(m); err != nil {
					return err
				}
			}
			return nil
		})
		b.reopen()
		b.read(func(tx inbox.Reader) error {
			found, err := tx.Messages("c1", inbox.MessageQuery{Forward: true})
			equal(b, "messages", len(found), len(words))
			for i, m := range found {
				if w := words[i]; m.Content.Text != w || m.Content.Choices[0].Label != w || m.Key != w || m.Pressed != w {
					b.Errorf("%.40q came back as %.40q", w, m.Content.Text)
				}
			}
			return err
		})
	}},
	{"what arrived is kept byte for byte", func(b *bench) {
		every := make([]byte, 1<<20)
		for i := range every {
			every[i] = byte(i * 7)
		}
		for i, body := range [][]byte{nil, {0}, every} {
			want := inbox.Raw{ID: inbox.RawID(fmt.Sprint("r", i)), Raw: connectors.Raw{Channel: "web", ReceivedAt: morning, Type: "application/json", Body: body, Trouble: "not JSON"}}
			b.write(func(tx inbox.Writer) error { return tx.PutRaw(want) })
			b.read(func(tx inbox.Reader) error {
				got, err := tx.Raw(want.ID)
				if !bytes.Equal(got.Body, body) || got.Type != want.Type || got.Trouble != want.Trouble || !got.ReceivedAt.Equal(morning) || got.Channel != "web" {
					b.Errorf("%d bytes came back as %d, %+v", len(body), len(got.Body), got.Raw)
				}
				return err
			})
		}
	}},
	{"instants are kept to the nanosecond", func(b *bench) {
		sent := time.Date(2026, 11, 21, 23, 59, 59, 123456789, time.FixedZone("", 7*3600))
		b.write(func(tx inbox.Writer) error {
			_, err := tx.AppendMessage(inbox.Message{ID: "m1", Conversation: "c1", SentAt: sent})
			return err
		})
		b.read(func(tx inbox.Reader) error {
			m, err := tx.Message("m1")
			equal(b, "the same instant", m.SentAt.Equal(sent), true)
			equal(b, "an instant that was never set", m.ReceivedAt.IsZero(), true)
			return err
		})
	}},
	{"the turn of a message is read back", func(b *bench) {
		want := inbox.Turn{Message: "m1", Conversation: "c1", At: morning, Took: time.Millisecond, Outcome: bot.Clarify, Candidates: []bot.Candidate{{Entry: "D1", Confidence: 0.25}}, Revision: 7}
		b.write(func(tx inbox.Writer) error { return tx.PutTurn(want) })
		b.read(func(tx inbox.Reader) error {
			got, err := tx.Turn("m1")
			equal(b, "turn", fmt.Sprint(got), fmt.Sprint(want))
			if _, err := tx.Turn("m2"); !errors.Is(err, inbox.ErrNotFound) {
				b.Errorf("turn of another message: %v", err)
			}
			return err
		})
	}},
}

// say appends n messages to a conversation: "c1-1", "c1-2", …
func (b *bench) say(c inbox.ConversationID, n int) {
	b.Helper()
	b.write(func(tx inbox.Writer) error {
		for i := range n {
			if _, err := tx.AppendMessage(inbox.Message{ID: inbox.MessageID(fmt.Sprintf("%s-%d", c, i+1)), Conversation: c}); err != nil {
				return err
			}
		}
		return nil
	})
}
