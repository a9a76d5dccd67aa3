package webchatsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Challenge asks for the number below Most for which the SHA-256 of Salt and the
// number, as texts, is Hash.
type Challenge struct {
	Salt string `json:"salt"`
	Hash string `json:"hash"`
	Most int    `json:"most"`
	Seal string `json:"seal"`
}

// Proof has the number.
type Proof struct {
	Salt   string `json:"salt"`
	Number int    `json:"number"`
	Seal   string `json:"seal"`
}

// Solve tries one number after the other. Where none is right, the last one is returned.
func (c Challenge) Solve() Proof {
	p := Proof{Salt: c.Salt, Seal: c.Seal}
	wanted, _ := hex.DecodeString(c.Hash) // what is no hash is never found
	text := []byte(c.Salt)
	for ; p.Number < c.Most; p.Number++ {
		if sum := sha256.Sum256(strconv.AppendInt(text, int64(p.Number), 10)); bytes.Equal(sum[:], wanted) {
			break
		}
	}
	return p
}
