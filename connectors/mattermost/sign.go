package mattermost

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// pressed is what a button or a dialog brings back. The server signs nothing that it
// brings, so we sign it when we give it away.
type pressed struct {
	Op     op     `json:"op"`
	Thread string `json:"thread,omitempty"`
	// Root is the first post of the thread, and Channel the server's id of its channel.
	Root    string `json:"root,omitempty"`
	Channel string `json:"channel,omitempty"`
	Text    string `json:"text,omitempty"` // of opInsert
	// User is for whom alone it holds: what a dialog carries goes through people's own
	// clients, which may send it from elsewhere and under another name.
	User string `json:"user,omitempty"`
	Once string `json:"once,omitempty"` // names the press behind a dialog
	End  int64  `json:"end"`            // Unix seconds
}

// Where a token holds: one of a button is none of a dialog.
const (
	forButton = "button"
	forDialog = "dialog"
)

var (
	errForged = errors.New("mattermost: the token is not ours")
	errEnded  = errors.New("mattermost: the token holds no more")
)

// contextKey is where a button has its token.
const contextKey = "token"

// press is the context of a button.
func (b *Bridge) press(p pressed, until time.Time) map[string]any {
	return map[string]any{contextKey: b.token(forButton, p, until)}
}

// token signs p for a place.
func (b *Bridge) token(place string, p pressed, until time.Time) string {
	p.End = until.Unix()
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // of words and a number
	}
	return base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(b.sum(place, body))
}

func (b *Bridge) sum(place string, body []byte) []byte {
	mac := hmac.New(sha256.New, b.cfg.Secret)
	mac.Write([]byte(place + "\n" + string(b.cfg.Channel.ID) + "\n"))
	mac.Write(body)
	return mac.Sum(nil)
}

// open reads a token that we made for a place; errForged, errEnded.
func (b *Bridge) opened(place, token string) (p pressed, err error) {
	body, sum, ok := strings.Cut(token, ".")
	if !ok {
		return p, errForged
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	if err != nil {
		return p, errForged
	}
	read, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || !hmac.Equal(given, b.sum(place, read)) {
		return p, errForged
	}
	if err := json.Unmarshal(read, &p); err != nil {
		return p, errForged
	}
	if b.now().Unix() > p.End {
		return p, errEnded
	}
	return p, nil
}

// digest is a short name of a longer word.
func digest(of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\n")))
	return hex.EncodeToString(sum[:16])
}
