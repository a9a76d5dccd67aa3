package letter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ReplyKey makes addresses that name a matter, and knows them when they come back:
//
//	1022+<matter>-<day>-<mac>@thanhhoa.gov.vn
//
// Whoever holds such an address may answer in that matter until the day is over, so
// it is given only to whom the matter was sent. It can neither be guessed nor made
// for another matter. Programs on the way may change the case of letters: nothing
// in it depends on that.
type ReplyKey struct {
	key       []byte
	local     string // of our own address
	domain    string
	separator string
}

// NewReplyKey returns the ReplyKey for our own address. secret has at least 16 bytes
// and is used for nothing else. separator is what the server takes for the begin of
// a sub-address, "+" or "-"; empty: it knows none, and then Address gives the
// plain address and Check finds nothing.
func NewReplyKey(secret []byte, address, separator string) (ReplyKey, error) {
	const least = 16
	if len(secret) < least {
		return ReplyKey{}, fmt.Errorf("reply key: the secret has %d bytes, it needs %d or more", len(secret), least)
	}
	if separator != "" && separator != "+" && separator != "-" {
		return ReplyKey{}, fmt.Errorf("reply key: separator %q is neither \"+\" nor \"-\"", separator)
	}
	at := strings.LastIndexByte(address, '@')
	if mailbox(address) == "" || !isASCII(address) {
		return ReplyKey{}, fmt.Errorf("reply key: %q is no address", address)
	}
	return ReplyKey{append([]byte(nil), secret...), address[:at], strings.ToLower(address[at+1:]), separator}, nil
}

// What Check says of an address that opens nothing.
var (
	ErrNoKey  = errors.New("the address carries no reply key")
	ErrForged = errors.New("the reply key is not one of ours")
	ErrOver   = errors.New("the reply key is over")
)

const (
	macBytes  = 10 // of HMAC-SHA256
	localMost = 64 // octets of a local part (RFC 5321)
)

var (
	lower32   = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	matterID  = regexp.MustCompile(`^[a-z0-9]{1,26}$`)
	hexMatter = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// epoch is the day that days are counted from.
var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, vietnam)

func dayOf(at time.Time) int { return int(at.Sub(epoch) / (24 * time.Hour)) }

// Address returns the address for a matter, good to the end of until's day in Viet
// Nam. matter is an id of up to 26 small letters and digits, or one of 32
// hexadecimal digits, as the hub gives out.
func (k ReplyKey) Address(matter string, until time.Time) (string, error) {
	if k.separator == "" {
		return k.local + "@" + k.domain, nil
	}
	short, ok := shortMatter(matter)
	day := dayOf(until)
	if !ok || day < 0 {
		return "", fmt.Errorf("reply address: matter %q cannot be named in an address", matter)
	}
	days := strconv.FormatInt(int64(day), 36)
	local := k.local + k.separator + short + "-" + days + "-" + k.mac(short, days)
	if len(local) > localMost {
		return "", fmt.Errorf("reply address: %q has %d octets, %d are allowed", local, len(local), localMost)
	}
	return local + "@" + k.domain, nil
}

// shortMatter writes an id for an address: 32 hexadecimal digits become an "x" and
// 26 characters, one more than any other id has.
func shortMatter(matter string) (string, bool) {
	if hexMatter.MatchString(matter) {
		raw, _ := hex.DecodeString(matter) // matches
		return "x" + lower32.EncodeToString(raw), true
	}
	return matter, matterID.MatchString(matter)
}

func longMatter(short string) (string, bool) {
	const short32 = 27
	if len(short) == short32 && short[0] == 'x' {
		raw, err := lower32.DecodeString(short[1:])
		return hex.EncodeToString(raw), err == nil
	}
	return short, matterID.MatchString(short)
}

// Check returns the matter that an address names. The error is ErrNoKey where it
// names none, as our plain address and those of others, ErrForged, or, with the
// matter, ErrOver.
func (k ReplyKey) Check(address string, now time.Time) (matter string, err error) {
	at := strings.LastIndexByte(address, '@')
	if k.separator == "" || at < 0 || len(address) > 320 || !strings.EqualFold(address[at+1:], k.domain) {
		return "", ErrNoKey
	}
	local, own := strings.ToLower(address[:at]), strings.ToLower(k.local)+k.separator
	rest, ok := strings.CutPrefix(local, own)
	parts := strings.Split(rest, "-")
	if !ok || len(parts) != 3 {
		return "", ErrNoKey
	}
	short, days := parts[0], parts[1]
	if !hmac.Equal([]byte(parts[2]), []byte(k.mac(short, days))) {
		return "", ErrForged
	}
	matter, ok = longMatter(short)
	day, bad := strconv.ParseInt(days, 36, 32)
	if !ok || bad != nil {
		return "", ErrForged
	}
	if dayOf(now) > int(day) {
		return matter, ErrOver
	}
	return matter, nil
}

// Find looks for a key among all addresses that a letter came by. Where several are
// there, all that are good must name the same matter: who answers two at once
// answers none for sure. The error is that of the best address.
func (k ReplyKey) Find(l Letter, now time.Time) (matter string, err error) {
	err = ErrNoKey
	for _, address := range l.reached() {
		found, why := k.Check(address, now)
		switch {
		case why == nil && err == nil && found != matter:
			return "", ErrForged
		case why == nil:
			matter, err = found, nil
		case err == nil:
		case errors.Is(why, ErrOver):
			matter, err = found, why
		case errors.Is(why, ErrForged) && errors.Is(err, ErrNoKey):
			err = why
		}
	}
	return matter, err
}

// reached are the addresses that the letter was sent to, as far as it tells.
func (l *Letter) reached() (all []string) {
	all = append(all, l.DeliveredTo...)
	for _, a := range l.To {
		all = append(all, a.Address)
	}
	for _, a := range l.Cc {
		all = append(all, a.Address)
	}
	return all
}

// mac binds matter and day together under the key.
func (k ReplyKey) mac(matter, days string) string {
	return shortMAC(k.key, "reply:"+matter+":"+days)
}

// shortMAC is the base32 of the first ten bytes of HMAC-SHA256.
func shortMAC(key []byte, message string) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(message)) // never fails
	return lower32.EncodeToString(h.Sum(nil)[:macBytes])
}

func isASCII(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 || text[i] <= ' ' || text[i] == 0x7F {
			return false
		}
	}
	return true
}
