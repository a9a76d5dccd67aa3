package inbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"tongdai/connectors"
)

// What people at a place of a bridge may ask, with the rights that they have as members.

// Asked answers what people ask at a place of a bridge.
type Asked struct{ Hub *Hub }

var _ connectors.Informer = Asked{}

// bridgeLink makes a user of a bridge a member.
type bridgeLink struct {
	Member MemberID  `json:"mem"`
	At     time.Time `json:"at"`
}

// bridgeCode is shown to a member, who gives it to the bridge to be known there.
type bridgeCode struct {
	Member MemberID  `json:"mem"`
	Until  time.Time `json:"until"`
}

const (
	bridgeLinks Shelf[bridgeLink] = "bridge-links"
	bridgeCodes Shelf[bridgeCode] = "bridge-codes" // by the sum of the code
	// codeLasts is how long a code may be used, once.
	codeLasts = 10 * time.Minute
)

func linkID(bridge connectors.ChannelID, user connectors.RemoteID) string {
	return rootID(bridge, user)
}

func codeID(code string) string {
	sum := sha256.Sum256([]byte("link " + strings.ToUpper(strings.TrimSpace(code))))
	return hex.EncodeToString(sum[:16])
}

// LinkCode is what the member who asks tells a bridge ("/1022 link CODE") to be known
// there from then on, and until when.
func (h *Hub) LinkCode(ctx context.Context, actor Actor) (code string, until time.Time, err error) {
	if !actor.May(KeepAccount) {
		return "", until, ErrForbidden
	}
	code, until = rand.Text()[:10], h.store.Now().Add(codeLasts)
	err = h.store.Update(ctx, func(tx Writer) error {
		_, err := bridgeCodes.Put(tx, Kept[bridgeCode]{ID: codeID(code), Value: bridgeCode{Member: actor.Member.ID, Until: until}})
		return err
	})
	return code, until, err
}

// TeamChat tells whether a bridge leads to a team chat, where people have to be linked;
// at a mailbox they are known by their address.
func (h *Hub) TeamChat() bool {
	for _, b := range h.bridges {
		if !b.Terse() {
			return true
		}
	}
	return false
}

// Link implements connectors.Informer.
func (a Asked) Link(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague, code string) (name string, err error) {
	h := a.Hub
	err = h.store.Update(ctx, func(tx Writer) error {
		kept, err := bridgeCodes.Get(tx, codeID(code))
		now := h.store.Now()
		if errors.Is(err, ErrNotFound) || err == nil && now.After(kept.Value.Until) {
			return forAsker("Mã không đúng hoặc đã hết hạn; hãy lấy mã mới ở trang Tài khoản của tổng đài.")
		}
		if err != nil {
			return err
		}
		m, err := tx.Member(kept.Value.Member)
		if err != nil {
			return err
		}
		if m.Disabled {
			return forAsker("Tài khoản này đã khóa.")
		}
		link, err := bridgeLinks.Get(tx, linkID(bridge, by.User))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		link.ID, link.Value, name = linkID(bridge, by.User), bridgeLink{Member: m.ID, At: now}, m.Name
		_, err = bridgeLinks.Put(tx, link)
		return errors.Join(err, bridgeCodes.Delete(tx, kept.ID),
			tx.AppendAudit(Audit{At: now, Member: m.ID, Action: Linked, Target: string(bridge), Address: string(bridge), Detail: by.Name}))
	})
	return name, err
}

// forAsker is an error with words for whoever asked at a place.
func forAsker(words string) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: words, Err: ErrForbidden}
}

// asker is the member who asks, for somebody who is none told how to become one.
func (h *Hub) asker(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague) (Actor, error) {
	var m Member
	var found bool
	err := h.store.View(ctx, func(tx Reader) (err error) {
		m, found, err = memberAt(tx, bridge, by)
		return err
	})
	if err == nil && !found {
		err = forAsker("Tổng đài chưa biết anh/chị là cán bộ nào. Hãy lấy mã ở trang Tài khoản của tổng đài rồi gõ: /1022 link MÃ")
	}
	return Actor{Member: m, Address: string(bridge)}, err
}

// foundMost is how many answers are told at a place.
const foundMost = 5

// Search implements connectors.Informer.
func (a Asked) Search(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague, question string) ([]connectors.Found, error) {
	h := a.Hub
	who, err := h.asker(ctx, bridge, by)
	if err != nil {
		return nil, err
	}
	if !who.May(SeeKnowledge) {
		return nil, forAsker(notYours)
	}
	hits, err := h.knowledge.Search(ctx, question, foundMost)
	if err != nil {
		return nil, fmt.Errorf("search the knowledge base: %w", err)
	}
	var all []connectors.Found
	for _, hit := range hits {
		e := hit.Entry
		all = append(all, connectors.Found{Entry: string(e.ID), Question: e.Question, Answer: e.Answer, Unit: h.departmentName(e.Department)})
	}
	return all, nil
}

// shownMost is how many of the last messages of a matter are told at a place.
const shownMost = 10

// Show implements connectors.Informer. The look is on record.
func (a Asked) Show(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague, code string) (connectors.Matter, []connectors.Item, error) {
	h := a.Hub
	var m connectors.Matter
	var items []connectors.Item
	who, err := h.asker(ctx, bridge, by)
	if err != nil {
		return m, nil, err
	}
	err = h.store.Update(ctx, func(tx Writer) error {
		items = nil
		c, err := who.seen(tx.ConversationByCode(strings.ToUpper(strings.TrimSpace(code))))
		if errors.Is(err, ErrNotFound) {
			return forAsker(fmt.Sprintf("Không có phiếu %q, hoặc phiếu không thuộc đơn vị của anh/chị.", code))
		}
		if err != nil {
			return err
		}
		unit := c.Department
		if m, err = h.matterAt(tx, who.shownRow(c), Thread{Unit: unit, Bridge: bridge}, h.unit(unit)); err != nil {
			return err
		}
		said, err := tx.Messages(c.ID, MessageQuery{Limit: shownMost})
		if err != nil {
			return err
		}
		for _, one := range said {
			if one.Change == nil || changeWords[one.Change.Action] != "" {
				items = append(items, h.itemOf(tx, who.shownMessage(one, c)))
			}
		}
		return tx.AppendAudit(Audit{At: h.store.Now(), Member: who.Member.ID, Action: Looked, Conversation: c.ID, Target: c.Code, Address: who.Address})
	})
	return m, items, err
}

// OnDuty implements connectors.Informer.
func (a Asked) OnDuty(ctx context.Context, bridge connectors.ChannelID, by connectors.Colleague) (names []string, err error) {
	h := a.Hub
	who, err := h.asker(ctx, bridge, by)
	if err != nil {
		return nil, err
	}
	if !who.May(SeeDirectory) {
		return nil, forAsker(notYours)
	}
	err = h.store.View(ctx, func(tx Reader) error {
		names = nil
		there, err := h.onDuty(tx, h.store.Now())
		if err != nil {
			return err
		}
		for _, id := range there {
			m, err := tx.Member(id)
			if err != nil {
				return err
			}
			name := m.Name
			if m.Phone != "" {
				name += " – " + m.Phone
			}
			names = append(names, name)
		}
		return nil
	})
	return names, err
}
