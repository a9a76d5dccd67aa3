package email

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/authres"

	"tongdai/connectors/email/letter"
)

const (
	// proofTime is how long the domain name system may keep one letter waiting.
	proofTime = 5 * time.Second
	// A key is asked for again after keyFor; that there is none, after noKeyFor; a
	// server that did not answer, after noWordFor.
	keyFor    = time.Hour
	noKeyFor  = 10 * time.Minute
	noWordFor = time.Minute
	keysMost  = 2000
	// waitedMost is how long letters of strangers may wait in vain in a minute, all
	// together: anybody can sign with a domain whose server never answers.
	waitedMost = 15 * time.Second
)

// proofs are what is known of where a letter comes from: what our own server says and,
// where that says nothing of signatures, what its signatures prove. open gives the
// letter whole. That the domain name system fails is no error, and no proof; an error is
// that of our own files.
func (c *Connector) proofs(ctx context.Context, l letter.Letter, open func(context.Context) (io.ReadCloser, error)) (letter.Proofs, error) {
	all := c.cfg.Border.Read(l.Header)
	if slices.ContainsFunc(all, ofSignatures) {
		return all, nil
	}
	_, why := c.reply.Find(l, c.now())
	limited, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	raw := &opened{open: func() (io.ReadCloser, error) { return open(ctx) }}
	defer raw.Close()
	own, err := letter.VerifyFrom(limited, l, raw, func(ctx context.Context, name string) ([]string, error) {
		return c.keys.lookup(ctx, name, why == nil)
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case raw.err != nil && limited.Err() == nil:
		return nil, ofFiles(raw.err)
	case err != nil:
		return all, nil // it took too long, or its header cannot be read
	}
	return append(all, own...), nil
}

// ofSignatures reports whether p is word of the letter's signatures: DKIM, or DMARC that
// came to an end, which needs to know of them.
func ofSignatures(p letter.Proof) bool {
	return p.Method == "dkim" || p.Method == "dmarc" && (p.Passed() || p.Result == authres.ResultFail)
}

// opened is a letter that is opened when it is read, which most are not.
type opened struct {
	open func() (io.ReadCloser, error)
	r    io.ReadCloser
	err  error // of opening and reading
}

func (o *opened) Read(p []byte) (n int, err error) {
	if o.r == nil && o.err == nil {
		o.r, o.err = o.open()
	}
	if o.err != nil {
		return 0, o.err
	}
	n, err = o.r.Read(p)
	if err != nil && err != io.EOF {
		o.err = err
	}
	return n, err
}

func (o *opened) Close() {
	if o.r != nil {
		_ = o.r.Close() // it was only read
	}
}

// keys remembers what the domain name system says of the keys of signatures.
type keys struct {
	resolver Resolver
	now      func() time.Time

	mu     sync.Mutex
	known  map[string]key
	begun  time.Time     // of the minute in which
	waited time.Duration // was waited in vain
}

type key struct {
	texts []string
	err   error
	until time.Time
}

// lookup is a letter.Lookup. patient: the letter is worth waiting for, whatever others
// have cost.
func (k *keys) lookup(ctx context.Context, name string, patient bool) ([]string, error) {
	begun := k.now()
	if found, ok := k.recall(name, begun, patient); ok {
		return found.texts, found.err
	}
	texts, err := k.resolver.LookupTXT(ctx, name)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err() // nobody waits for it any more, and nothing was learnt
	}
	k.remember(name, begun, texts, err)
	return texts, err
}

func (k *keys) recall(name string, now time.Time, patient bool) (key, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found, ok := k.known[name]; ok && now.Before(found.until) {
		return found, true
	}
	if now.Sub(k.begun) >= time.Minute {
		k.begun, k.waited = now, 0
	}
	if !patient && k.waited >= waitedMost {
		return key{err: errNoWord}, true
	}
	return key{}, false
}

// errNoWord is of a kind that is worth another try.
var errNoWord = &net.DNSError{Err: "others wait for answers of the domain name system in vain", IsTemporary: true}

func (k *keys) remember(name string, begun time.Time, texts []string, err error) {
	now := k.now()
	good := keyFor
	if err != nil {
		good = noWordFor
		if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
			good = noKeyFor
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if good == noWordFor {
		k.waited += now.Sub(begun)
	}
	if len(k.known) >= keysMost {
		clear(k.known)
	}
	k.known[name] = key{texts, err, now.Add(good)}
}
