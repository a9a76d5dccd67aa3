// Package edge is what doors that strangers knock at have in common, whichever
// connector or page they belong to: who counts as one address, how often one
// may knock, what work is asked of those who knock unusually often, how much one
// may bring, and how what they are given to bring back is sealed. It knows no
// other room.
package edge

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// Network returns what counts as one address: an IPv4 address, or the /64 that
// a single IPv6 customer owns. What is no address stands for itself.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, _ := ip.Prefix(64) // fits every IPv6 address
	return prefix.String()
}

// Neighbourhood returns the network that what Network returned is part of, as far
// as one hand may hold it: the /24 of an IPv4 address, the /48 of an IPv6 one.
// What is no address stands for itself.
func Neighbourhood(network string) string {
	prefix, err := netip.ParsePrefix(network)
	if err == nil {
		return netip.PrefixFrom(prefix.Addr(), min(prefix.Bits(), 48)).Masked().String()
	}
	ip, err := netip.ParseAddr(network)
	if err != nil {
		return network
	}
	prefix, _ = ip.Prefix(24) // Network leaves no other addresses than IPv4
	return prefix.String()
}

// Peer returns the address at the other end of the connection. Behind a proxy
// that is the proxy's.
func Peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Take takes a token, or returns how long it takes until there is one.
func Take(limiter *rate.Limiter, now time.Time) time.Duration {
	reserved := limiter.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// ErrTooLarge is the error of Bounded.
var ErrTooLarge = errors.New("edge: more than the limit")

// Bounded reads at most limit bytes from r, and fails with ErrTooLarge where
// there are more: io.LimitReader would make a cut file look whole.
func Bounded(r io.Reader, limit int64) io.Reader { return &bounded{r, limit} }

type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}
