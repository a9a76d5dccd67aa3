package zalo

import (
	"context"

	"tongdai/connectors/content"
)

// Fetch implements connectors.Fetcher.
func (c *Connector) Fetch(ctx context.Context, a content.Attachment) (content.Attachment, error) {
	return c.fetcher.Fetch(ctx, a)
}
