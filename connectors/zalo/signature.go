package zalo

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"tongdai/connectors/call"
)

const signatureHeader = "X-ZEvent-Signature"

// genuine reports whether Zalo signed body for this OA: the header holds, with
// or without "mac=", the lower-case hex of SHA-256 over app id, body, the
// timestamp inside the body, and the OA secret key.
//
// The timestamp is the only thing that is read before the signature is known to
// be right. A body that tells two of them is nobody's: it could be signed by the
// one and read by the other.
func (c *Connector) genuine(header http.Header, body []byte) bool {
	values := header.Values(signatureHeader)
	if len(values) != 1 {
		return false
	}
	mac := []byte(strings.TrimPrefix(values[0], "mac="))
	timestamp, err := timestampOf(body)
	if err != nil {
		return false
	}
	genuine := false
	for _, secret := range []string{c.cfg.WebhookSecret, c.cfg.OldWebhookSecret} {
		if secret != "" && subtle.ConstantTimeCompare(mac, sign(c.cfg.AppID, body, timestamp, secret)) == 1 {
			genuine = true
		}
	}
	return genuine
}

func sign(appID string, body []byte, timestamp, secret string) []byte {
	h := sha256.New()
	h.Write([]byte(appID))
	h.Write(body)
	h.Write([]byte(timestamp))
	h.Write([]byte(secret))
	return hex.AppendEncode(nil, h.Sum(nil))
}

var (
	errNoObject   = errors.New("the body is no JSON object")
	errTimestamps = errors.New("the body has no timestamp, or two")
)

// timestampOf returns the timestamp at the top level of body, as it is written.
func timestampOf(body []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return "", errNoObject
	}
	var found []text
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return "", errNoObject
		}
		if key != "timestamp" {
			var skipped json.RawMessage
			if err := decoder.Decode(&skipped); err != nil {
				return "", errNoObject
			}
			continue
		}
		var value text
		if err := decoder.Decode(&value); err != nil {
			return "", errTimestamps
		}
		found = append(found, value)
	}
	if _, err := decoder.Token(); err != nil {
		return "", errNoObject
	}
	if _, err := decoder.Token(); err != io.EOF {
		return "", errNoObject // something follows the object
	}
	if len(found) != 1 {
		return "", errTimestamps
	}
	return string(found[0]), nil
}

// text: Zalo writes ids, sizes, times and positions as strings or numbers.
type text = call.Text
