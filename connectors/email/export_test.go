package email

import (
	"context"

	"tongdai/connectors"
)

// MessageID is the id of a letter of ours.
func MessageID(c *Connector, key string) string { return c.messageID(key) }

// Session is one connection of Run.
func (c *Connector) Session(ctx context.Context, r connectors.Receiver) error {
	return c.session(ctx, r)
}
