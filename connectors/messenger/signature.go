package messenger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

const signatureHeader = "X-Hub-Signature-256"

// genuine reports whether Meta signed body for the app with that secret: the
// header holds "sha256=" and the lower-case hex of HMAC-SHA256 over the bytes as
// they came. Meta signs its own escaped form of the JSON, so nothing but the raw
// bytes will do; the SHA-1 it still sends beside is not looked at.
func genuine(header http.Header, body []byte, secret string) bool {
	values := header.Values(signatureHeader)
	if len(values) != 1 {
		return false
	}
	mac, named := strings.CutPrefix(values[0], "sha256=")
	return named && hmac.Equal([]byte(mac), []byte(keyed(secret, body)))
}

// proof is the parameter appsecret_proof: it shows that who calls with a token
// is the app, and not somebody who found the token.
func proof(appSecret, token string) string { return keyed(appSecret, []byte(token)) }

func keyed(secret string, message []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(message)
	return hex.EncodeToString(m.Sum(nil))
}
