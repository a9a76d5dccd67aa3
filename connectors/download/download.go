// Package download fetches the files that citizens send, from the links under
// which their platform hands them over.
//
// The links are the platform's, but they come to us in a message, so they are
// followed like a stranger's: by HTTPS, to public addresses only, checked after
// the name was resolved and at every redirect. Such links expire, and whoever
// has one has the file: no error tells it.
package download

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"syscall"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

const (
	// timeout is for one whole file: 25 MB at 210 kB/s.
	timeout = 2 * time.Minute
	// redirects is how often a platform's storage may point elsewhere.
	redirects = 3
)

// Config of a Fetcher.
type Config struct {
	Platform string           // as people call it: "Zalo"
	Most     int64            // bytes of one file
	Files    connectors.Media // where the files go
	// Hosts may hand files over although they are inside our network or speak
	// plain HTTP: "127.0.0.1:8098" of a simulator; none.
	Hosts []string
}

// Fetcher fetches the files of one channel.
type Fetcher struct {
	cfg    Config
	client *http.Client
}

// New returns a Fetcher. It starts nothing and calls nobody.
func New(cfg Config) *Fetcher { return &Fetcher{cfg, newClient(cfg.Hosts)} }

// Fetch keeps the file behind a.Source and returns it as
// [connectors.Fetcher] promises.
func (f *Fetcher) Fetch(ctx context.Context, a content.Attachment) (content.Attachment, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	u, err := url.Parse(a.Source)
	if err != nil || !allowed(f.cfg.Hosts, u) {
		return content.Attachment{}, gone("Liên kết tới tệp không an toàn nên không tải.", errInside)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return content.Attachment{}, gone("Liên kết tới tệp không hợp lệ.", err)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		err = withoutAddress(err)
		if errors.Is(err, errInside) {
			return content.Attachment{}, gone("Liên kết tới tệp không an toàn nên không tải.", err)
		}
		return content.Attachment{}, f.failed(err)
	}
	defer resp.Body.Close()
	if err := f.fetchable(resp); err != nil {
		return content.Attachment{}, err
	}
	kept, err := f.cfg.Files.Put(ctx, fileName(a), edge.Bounded(resp.Body, f.cfg.Most))
	if errors.Is(err, edge.ErrTooLarge) {
		return content.Attachment{}, f.tooLarge()
	}
	if err != nil {
		return content.Attachment{}, err
	}
	kept.Kind, kept.Source = a.Kind, ""
	return kept, nil
}

func (f *Fetcher) fetchable(resp *http.Response) error {
	status := fmt.Errorf("the storage answered %d", resp.StatusCode)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout, resp.StatusCode >= 500:
		return f.failed(status)
	case resp.StatusCode != http.StatusOK:
		return gone(f.cfg.Platform+" không còn giữ tệp này (liên kết đã hết hạn).", status)
	case resp.ContentLength > f.cfg.Most:
		return f.tooLarge()
	}
	return nil
}

func (f *Fetcher) failed(err error) error {
	return fmt.Errorf("fetch a file from %s: %w", f.cfg.Platform, err)
}

func (f *Fetcher) tooLarge() error {
	return gone(fmt.Sprintf("Tệp lớn hơn %d MB nên tổng đài không tải.", f.cfg.Most>>20), edge.ErrTooLarge)
}

func gone(reason string, err error) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: err}
}

// withoutAddress leaves the address out of an error: it is as good as the file.
func withoutAddress(err error) error {
	if known, ok := errors.AsType[*url.Error](err); ok {
		return known.Err
	}
	return err
}

// fileName is what a fetched file is called where its platform names none.
func fileName(a content.Attachment) string {
	if a.Name != "" && a.Kind != content.Sticker {
		return a.Name
	}
	extension := ""
	if u, err := url.Parse(a.Source); err == nil {
		extension = path.Ext(u.Path)
	}
	if len(extension) > 6 {
		extension = ""
	}
	names := map[content.AttachmentKind]string{
		content.Picture: "anh", content.Animation: "anh-dong", content.Sticker: "nhan-dan",
		content.Voice: "tin-thoai", content.Video: "video", content.File: "tep",
	}
	return names[a.Kind] + extension
}

var errInside = errors.New("the address leads into our own network, or is not https")

// allowed reports whether u may be asked at all. Where it leads is checked when
// it is dialled.
func allowed(hosts []string, u *url.URL) bool {
	return u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && slices.Contains(hosts, u.Host))
}

// newClient is a client that dials public addresses, and hosts.
func newClient(hosts []string) *http.Client {
	plain := &net.Dialer{Timeout: 10 * time.Second}
	guarded := &net.Dialer{Timeout: 10 * time.Second, Control: refuseInside}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if slices.Contains(hosts, address) {
					return plain.DialContext(ctx, network, address)
				}
				return guarded.DialContext(ctx, network, address)
			},
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 20 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > redirects || !allowed(hosts, req.URL) {
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
