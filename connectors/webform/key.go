package webform

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

const (
	idBytes  = 16
	macBytes = 16
)

// NewKey returns a key for a new form: letters, digits, dashes, underscores
// and one full stop. Who has it may write under it and read the matters that
// came of it.
func (c *Connector) NewKey() string {
	id := make([]byte, idBytes)
	_, _ = rand.Read(id) // never fails
	return c.sealed("key", id)
}

// Open returns whom a key names, and false for what NewKey of this channel did
// not make.
func (c *Connector) Open(key string) (connectors.RemoteID, bool) {
	id, ok := c.unsealed("key", key)
	if !ok || len(id) != idBytes {
		return "", false
	}
	sum := sha256.Sum256(append([]byte("tongdai webform "), id...))
	return connectors.RemoteID(hex.EncodeToString(sum[:16])), true
}

// ticketBody is a file that was taken with a form that was not.
type ticketBody struct {
	ID   string `json:"i"`
	Name string `json:"n"`
	Type string `json:"t"`
	Size int64  `json:"s"`
}

// ticket lets one citizen mention a file that was kept before.
func (c *Connector) ticket(from connectors.RemoteID, a content.Attachment) string {
	body, _ := json.Marshal(ticketBody{a.ID, a.Name, a.Type, a.Size}) // of strings and a number: cannot fail
	return c.sealed("file "+string(from), body)
}

// Kept returns the file of a ticket that Report or More gave for from.
func (c *Connector) Kept(from connectors.RemoteID, ticket string) (content.Attachment, bool) {
	body, ok := c.unsealed("file "+string(from), ticket)
	if !ok {
		return content.Attachment{}, false
	}
	var t ticketBody
	if json.Unmarshal(body, &t) != nil {
		return content.Attachment{}, false
	}
	return content.Attachment{ID: t.ID, Name: t.Name, Type: t.Type, Size: t.Size}, true
}

// sealed returns body with a MAC over purpose, channel and body.
func (c *Connector) sealed(purpose string, body []byte) string {
	return edge.Sealed(body, c.mac(purpose, body))
}

func (c *Connector) unsealed(purpose, text string) ([]byte, bool) {
	return edge.Unsealed(text, func(body []byte) []byte { return c.mac(purpose, body) })
}

func (c *Connector) mac(purpose string, body []byte) []byte {
	return edge.MAC(c.cfg.Secret, []byte("tongdai webform "+purpose), []byte(c.cfg.Channel.ID), body)[:macBytes]
}
