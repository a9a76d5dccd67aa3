package webchat

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

const (
	visitorBytes = 16
	sessionBytes = visitorBytes + 8
	// clockSkew is how far in the future another node's clock may have issued.
	clockSkew = time.Minute
)

// session is who a widget is. Its token holds the visitor's id and when it was
// issued; channel and origin go into the seal only.
type session struct {
	visitor connectors.RemoteID
	issued  time.Time
}

func newVisitor() connectors.RemoteID {
	id := make([]byte, visitorBytes)
	_, _ = rand.Read(id) // never fails
	return connectors.RemoteID(hex.EncodeToString(id))
}

// token returns s sealed for widgets on origin.
func (c *Connector) token(s session, origin string) string {
	body := make([]byte, 0, sessionBytes)
	id, _ := hex.DecodeString(string(s.visitor)) // made by newVisitor or session
	body = append(body, id...)
	body = binary.BigEndian.AppendUint64(body, uint64(s.issued.Unix()))
	return c.sealed("session", body, string(c.cfg.Channel.ID), origin)
}

// session opens the request's token. Every reason to refuse it looks the same
// from outside.
func (c *Connector) session(r *http.Request, origin string) (session, error) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 { // with two, a proxy and we might look at different ones
		return session{}, errSession
	}
	token, ok := strings.CutPrefix(given[0], "Bearer ")
	if !ok {
		return session{}, errSession
	}
	body, ok := c.unsealed("session", token, string(c.cfg.Channel.ID), origin)
	if !ok || len(body) != sessionBytes {
		return session{}, errSession
	}
	s := session{
		visitor: connectors.RemoteID(hex.EncodeToString(body[:visitorBytes])),
		issued:  time.Unix(int64(binary.BigEndian.Uint64(body[visitorBytes:])), 0),
	}
	age := c.cfg.Now().Sub(s.issued)
	if age > c.cfg.SessionAge || age < -clockSkew {
		return session{}, errSession
	}
	return s, nil
}

// ticket lets one visitor use one file.
func (c *Connector) ticket(visitor connectors.RemoteID, a content.Attachment) string {
	body, _ := json.Marshal(ticketBody{a.ID, a.Name, a.Type, a.Size}) // of strings and a number: cannot fail
	return c.sealed("ticket", body, string(c.cfg.Channel.ID), string(visitor))
}

type ticketBody struct {
	ID   string `json:"i"`
	Name string `json:"n"`
	Type string `json:"t"`
	Size int64  `json:"s"`
}

// attachment opens a ticket of visitor's.
func (c *Connector) attachment(visitor connectors.RemoteID, ticket string) (content.Attachment, bool) {
	body, ok := c.unsealed("ticket", ticket, string(c.cfg.Channel.ID), string(visitor))
	if !ok {
		return content.Attachment{}, false
	}
	var t ticketBody
	if err := json.Unmarshal(body, &t); err != nil {
		return content.Attachment{}, false
	}
	return content.Attachment{ID: t.ID, Name: t.Name, Type: t.Type, Size: t.Size}, true
}

// sealed returns body with a MAC over purpose, body and bound.
func (c *Connector) sealed(purpose string, body []byte, bound ...string) string {
	return edge.Sealed(body, c.mac(purpose, body, bound))
}

func (c *Connector) unsealed(purpose, text string, bound ...string) ([]byte, bool) {
	return edge.Unsealed(text, func(body []byte) []byte { return c.mac(purpose, body, bound) })
}

func (c *Connector) mac(purpose string, body []byte, bound []string) []byte {
	parts := [][]byte{[]byte("tongdai webchat " + purpose), body}
	for _, b := range bound {
		parts = append(parts, []byte(b))
	}
	return edge.MAC(c.cfg.Secret, parts...)
}
