package zalo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

const (
	// fetchTimeout is for one whole file: 25 MB at 210 kB/s.
	fetchTimeout = 2 * time.Minute
	// fetchRedirects is how often Zalo's storage may point elsewhere.
	fetchRedirects = 3
)

// Fetch implements connectors.Fetcher. The links are Zalo's, but they come to us
// in a message, so they are followed like a stranger's: by HTTPS, to public
// addresses only, checked after the name was resolved and at every redirect.
func (c *Connector) Fetch(ctx context.Context, a content.Attachment) (content.Attachment, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	u, err := url.Parse(a.Source)
	if err != nil || !allowed(c.cfg.MediaHosts, u) {
		return content.Attachment{}, gone("Liên kết tới tệp không an toàn nên không tải.", errInside)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return content.Attachment{}, gone("Liên kết tới tệp không hợp lệ.", err)
	}
	resp, err := c.fetcher.Do(req)
	if err != nil {
		err = withoutAddress(err)
		if errors.Is(err, errInside) {
			return content.Attachment{}, gone("Liên kết tới tệp không an toàn nên không tải.", err)
		}
		return content.Attachment{}, fmt.Errorf("fetch a file from Zalo: %w", err)
	}
	defer resp.Body.Close()
	if err := c.fetchable(resp); err != nil {
		return content.Attachment{}, err
	}
	kept, err := c.files.Put(ctx, fileName(a), edge.Bounded(resp.Body, c.cfg.MaxFile))
	if errors.Is(err, edge.ErrTooLarge) {
		return content.Attachment{}, c.tooLarge()
	}
	if err != nil {
		return content.Attachment{}, err
	}
	kept.Kind, kept.Source = a.Kind, ""
	return kept, nil
}

func (c *Connector) fetchable(resp *http.Response) error {
	status := fmt.Errorf("zalo's storage answered %d", resp.StatusCode)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout, resp.StatusCode >= 500:
		return fmt.Errorf("fetch a file from Zalo: %w", status)
	case resp.StatusCode != http.StatusOK:
		return gone("Zalo không còn giữ tệp này (liên kết đã hết hạn).", status)
	case resp.ContentLength > c.cfg.MaxFile:
		return c.tooLarge()
	}
	return nil
}

var errInside = errors.New("the address leads into our own network, or is not https")

func (c *Connector) tooLarge() error {
	return gone(fmt.Sprintf("Tệp lớn hơn %d MB nên tổng đài không tải.", c.cfg.MaxFile>>20), edge.ErrTooLarge)
}

func gone(reason string, err error) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: err}
}

// allowed reports whether u may be asked at all. Where it leads is checked when
// it is dialled.
func allowed(hosts []string, u *url.URL) bool {
	return u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && slices.Contains(hosts, u.Host))
}

// newFetcher is a client that dials public addresses, and cfg.MediaHosts.
func newFetcher(cfg Config) *http.Client {
	plain := &net.Dialer{Timeout: 10 * time.Second}
	guarded := &net.Dialer{Timeout: 10 * time.Second, Control: refuseInside}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if slices.Contains(cfg.MediaHosts, address) {
					return plain.DialContext(ctx, network, address)
				}
				return guarded.DialContext(ctx, network, address)
			},
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 20 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > fetchRedirects || !allowed(cfg.MediaHosts, req.URL) {
				return errInside
			}
			return nil
		},
	}
}

// refuseInside is asked with the address that a name resolved to, right before
// the connection is made, so that a name cannot resolve to another meanwhile.
func refuseInside(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(at.Addr()) {
		return errInside
	}
	return nil
}

// inside are ranges that are no hosts of the public internet although they look
// so (IANA special-purpose address registries).
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // holds an IPv4 address
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // holds an IPv4 address
	netip.MustParsePrefix("fec0::/10"),
}

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(inside, func(p netip.Prefix) bool { return p.Contains(a) })
}
