package zalo

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"tongdai/connectors"
)

// Profile implements connectors.Profiler. Zalo tells it of whoever has written to
// the OA; a name that the person hides is empty. What the person put into Zalo's
// form counts for more than the name chosen in the app. Visitors who are not
// logged in are nobody.
func (c *Connector) Profile(ctx context.Context, user connectors.RemoteID) (connectors.Profile, error) {
	if strings.HasPrefix(string(user), anonymousPrefix) {
		return connectors.Profile{}, &connectors.Error{
			Kind: connectors.Permanent, Reason: "Người này nhắn mà không đăng nhập Zalo nên Zalo không biết là ai.",
			Err: errors.New("an anonymous visitor"),
		}
	}
	var got struct {
		Name    string `json:"display_name"`
		Picture string `json:"avatar"`
		Shared  info   `json:"shared_info"`
	}
	err := c.call(ctx, request{
		method: http.MethodGet, path: "/v3.0/oa/user/detail", query: map[string]string{"user_id": string(user)},
	}, &got)
	if err != nil {
		return connectors.Profile{}, err
	}
	p := got.Shared.profile()
	if p.Name == "" {
		p.Name = got.Name
	}
	p.Picture = got.Picture
	return p, nil
}
