package messenger

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Profile implements connectors.Profiler. Meta tells it of whoever has written
// to the page. The family name comes first, as it does in Việt Nam.
func (c *Connector) Profile(ctx context.Context, user connectors.RemoteID) (connectors.Profile, error) {
	if strings.HasPrefix(string(user), unnamedPrefix) {
		return connectors.Profile{}, &connectors.Error{
			Kind: connectors.Permanent, Reason: "Facebook không cho trang biết ai đã viết bình luận này.",
			Err: errors.New("a comment without its author"),
		}
	}
	var got struct {
		First   string `json:"first_name"`
		Last    string `json:"last_name"`
		Picture string `json:"profile_pic"`
	}
	err := c.call(ctx, get("/"+url.PathEscape(string(user)), url.Values{"fields": {"first_name,last_name,profile_pic"}}), &got)
	if err != nil {
		return connectors.Profile{}, err
	}
	return connectors.Profile{Name: strings.TrimSpace(got.Last + " " + got.First), Picture: got.Picture}, nil
}

// Fetch implements connectors.Fetcher.
func (c *Connector) Fetch(ctx context.Context, a content.Attachment) (content.Attachment, error) {
	return c.fetcher.Fetch(ctx, a)
}
