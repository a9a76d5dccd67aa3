package edge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"strconv"
	"sync"
	"time"
)

const (
	// easiest and hardest bound the numbers to try, half of them on average. By Web
	// Crypto a browser tries some 30,000 a second, on a phone a quarter of that
	// (measured in Chromium, whose pace was reduced to a sixth).
	easiest, hardest = 10_000, 100_000
	// proofAge is how long a challenge may be worked on and brought.
	proofAge  = 10 * time.Minute
	saltBytes = 16 + 8 // random, and when it was given out
)

// Gate lets so many strangers of a place through as they come. Those beyond have to
// bring a proof of work first, the harder the more come from there, up to the
// limit, beyond which nobody gets through. Work costs a person seconds of their
// browser's time, and whoever invents thousands of people as much for each.
//
// A challenge is a salt and a hash: the caller tries the numbers from 0 on until the
// SHA-256 of the salt and the number, both as text, is the hash. Nothing is
// kept of challenges that were given out; a proof opens once at every node.
type Gate struct {
	secret []byte
	free   Places
	all    Places

	mu           sync.Mutex
	newer, older map[string]bool // salts that were brought
	turned       time.Time
}

// freeShare of what is let through at all is let through without a proof.
const freeShare = 2

// NewGate returns a gate for n in each per, and burst at once, from each address.
// The secret is at least 32 bytes and the same on all nodes.
func NewGate(secret []byte, n int, per time.Duration, burst int) *Gate {
	return &Gate{
		secret: secret, newer: map[string]bool{},
		free: NewPlaces(max(n/freeShare, 1), per, burst/freeShare),
		all:  NewPlaces(n, per, burst),
	}
}

// Challenge is the work that a Gate asks for.
type Challenge struct {
	Salt string `json:"salt"` // before the number
	Hash string `json:"hash"` // SHA-256, in hexadecimal digits, of salt and number
	Most int    `json:"most"` // the number is less
	Seal string `json:"seal"` // brought back as it is
}

// Proof is the work done. The zero Proof is none.
type Proof struct {
	Salt   string `json:"salt"`
	Number int    `json:"number"`
	Seal   string `json:"seal"`
}

// Asked is the error of a Gate that wants work done.
type Asked struct {
	Challenge
	After time.Duration // when to come again for those who cannot do it
}

func (a *Asked) Error() string { return "edge: a proof of work is wanted" }

// Pass lets one caller through. It returns how long to wait, where too many
// came, or an *Asked.
func (g *Gate) Pass(address string, proof Proof, now time.Time) (wait time.Duration, err error) {
	some, share := g.all.Left(address, now)
	if some && !g.opens(proof, now) {
		if wait := g.free.Take(address, now); wait > 0 {
			return wait, &Asked{Challenge: g.challenge(share, now), After: wait}
		}
	}
	return g.all.Take(address, now), nil
}

// challenge makes one that is the harder the less is left of what is let through
// for work.
func (g *Gate) challenge(left float64, now time.Time) Challenge {
	most := easiest + int((hardest-easiest)*max(1-freeShare*left, 0))
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	binary.BigEndian.PutUint64(salt[saltBytes-8:], uint64(now.Unix()))
	number, _ := rand.Int(rand.Reader, big.NewInt(int64(most))) // never fails
	c := Challenge{Salt: seal64.EncodeToString(salt), Most: most}
	hash := solution(c.Salt, int(number.Int64()))
	c.Hash, c.Seal = hex.EncodeToString(hash), seal64.EncodeToString(g.mac(salt, hash))
	return c
}

// opens reports whether a proof is one, of a challenge of ours, and new.
func (g *Gate) opens(p Proof, now time.Time) bool {
	salt, err := seal64.DecodeString(p.Salt)
	if err != nil || len(salt) != saltBytes {
		return false
	}
	seal, err := seal64.DecodeString(p.Seal)
	if err != nil || !hmac.Equal(seal, g.mac(salt, solution(p.Salt, p.Number))) {
		return false
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(salt[saltBytes-8:])), 0))
	if age > proofAge || age < -time.Minute { // the clock of another node
		return false
	}
	return g.first(p.Salt, now)
}

// first reports whether a salt has not been brought before. Two generations of
// them, each as old as a challenge may become, are remembered.
func (g *Gate) first(salt string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.turned) > proofAge+time.Minute {
		g.older, g.newer, g.turned = g.newer, map[string]bool{}, now
	}
	if g.newer[salt] || g.older[salt] {
		return false
	}
	g.newer[salt] = true
	return true
}

func solution(salt string, number int) []byte {
	sum := sha256.Sum256([]byte(salt + strconv.Itoa(number)))
	return sum[:]
}

func (g *Gate) mac(salt, hash []byte) []byte {
	return MAC(g.secret, []byte("tongdai proof of work"), salt, hash)
}
