package edge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// MAC is the HMAC-SHA256 (RFC 2104) of parts. The length is written before each of
// them, so that no byte can move from one part to the next. The first part tells what
// the secret is used for.
func MAC(secret []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, secret)
	for _, part := range parts {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // never fails
		_, _ = h.Write(part)
	}
	return h.Sum(nil)
}

var seal64 = base64.RawURLEncoding.Strict()

// Sealed is body and its MAC as a text for strangers to bring back: letters, digits,
// dashes, underscores and one full stop. They can read body, and not change it.
func Sealed(body, mac []byte) string {
	return seal64.EncodeToString(body) + "." + seal64.EncodeToString(mac)
}

// Unsealed returns the body of a text that Sealed made, where mac makes the same of it.
func Unsealed(text string, mac func(body []byte) []byte) ([]byte, bool) {
	left, right, ok := strings.Cut(text, ".")
	if !ok {
		return nil, false
	}
	body, err := seal64.DecodeString(left)
	if err != nil {
		return nil, false
	}
	brought, err := seal64.DecodeString(right)
	if err != nil {
		return nil, false
	}
	return body, hmac.Equal(brought, mac(body))
}
