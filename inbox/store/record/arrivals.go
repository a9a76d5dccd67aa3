package record

import (
	"encoding/binary"
	"fmt"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// Codecs of what arrived.
var (
	// Raws puts the body behind the JSON as it is, a length between them:
	// photographs in base64 would cost a third more.
	Raws        = Codec[inbox.Raw]{encode: encodeRaw, parse: parseRaw, kept: rawAsKept}
	Quarantined = codec(keepQuarantined, quarantined.domain)
)

type raw struct {
	ID         inbox.RawID          `json:"id"`
	Channel    connectors.ChannelID `json:"chan,omitempty"`
	ReceivedAt stamp                `json:"at,omitempty"`
	Type       string               `json:"type,omitempty"`
	Trouble    string               `json:"trouble,omitempty"`
	Files      []attachment         `json:"files,omitempty"`
	Bookmark   *bookmark            `json:"mark,omitempty"`
}

type bookmark struct {
	Name  string `json:"n,omitempty"`
	Value []byte `json:"v,omitempty"`
}

func keepRaw(r inbox.Raw) raw {
	return raw{
		ID: r.ID, Channel: r.Channel, ReceivedAt: keepTime(r.ReceivedAt), Type: r.Type, Trouble: r.Trouble,
		Files:    mapped(r.Files, func(a content.Attachment) attachment { return attachment(a) }),
		Bookmark: (*bookmark)(r.Bookmark),
	}
}

func (s raw) domain(body []byte) inbox.Raw {
	r := inbox.Raw{ID: s.ID, Raw: connectors.Raw{
		Channel: s.Channel, ReceivedAt: s.ReceivedAt.time(), Type: s.Type, Trouble: s.Trouble,
		Files:    mapped(s.Files, func(a attachment) content.Attachment { return content.Attachment(a) }),
		Bookmark: (*connectors.Bookmark)(s.Bookmark),
	}}
	if len(body) > 0 {
		r.Body = append([]byte(nil), body...)
	}
	return r
}

func rawAsKept(r inbox.Raw) inbox.Raw { return keepRaw(r).domain(r.Body) }

func encodeRaw(r inbox.Raw) ([]byte, error) {
	head, err := encodeJSON(keepRaw(r))
	if err != nil {
		return nil, err
	}
	head = head[headerSize:]
	framed := make([]byte, headerSize, headerSize+binary.MaxVarintLen64+len(head)+len(r.Body))
	framed = binary.AppendUvarint(framed, uint64(len(head)))
	framed = append(append(framed, head...), r.Body...)
	writeHeader(framed)
	return framed, nil
}

func parseRaw(payload []byte) (inbox.Raw, error) {
	size, n := binary.Uvarint(payload)
	if n <= 0 || size > uint64(len(payload)-n) {
		return inbox.Raw{}, fmt.Errorf("%w: raw: the length of its head is wrong", ErrDamaged)
	}
	head, body := payload[n:n+int(size)], payload[n+int(size):]
	var shape raw
	if err := unmarshal(head, &shape); err != nil {
		return inbox.Raw{}, err
	}
	return shape.domain(body), nil
}

type quarantined struct {
	ID      inbox.RawID          `json:"id"`
	Channel connectors.ChannelID `json:"chan,omitempty"`
	At      stamp                `json:"at,omitempty"`
	Trouble string               `json:"trouble,omitempty"`
	Settled stamp                `json:"settled,omitempty"`
	By      inbox.MemberID       `json:"by,omitempty"`
}

func keepQuarantined(q inbox.Quarantined) quarantined {
	return quarantined{ID: q.ID, Channel: q.Channel, At: keepTime(q.At), Trouble: q.Trouble, Settled: keepTime(q.Settled), By: q.By}
}

func (s quarantined) domain() inbox.Quarantined {
	return inbox.Quarantined{ID: s.ID, Channel: s.Channel, At: s.At.time(), Trouble: s.Trouble, Settled: s.Settled.time(), By: s.By}
}
