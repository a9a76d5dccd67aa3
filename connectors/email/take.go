package email

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

const (
	readers = 4 // letters that are kept and read at the same time
	keepers = 8 // people whose letters are handed to the hub at the same time
	// smallLetter is how long a letter may be to be held in memory while others are read.
	smallLetter = 1 << 20
	// triesMost is how often a letter may fail before it goes to the quarantine;
	// breaksMost, how often the connection may break in the middle of it, which mostly
	// is the network's fault.
	triesMost  = 3
	breaksMost = 6
	headerMost = 256 << 10 // of a letter that is too long to be fetched
)

// fetched is a letter as it came.
type fetched struct {
	listed
	original content.Attachment // once it is kept
	small    []byte             // of a letter that is held in memory until then
	sums     sums
	header   bool // only the header: the letter is too long
}

// take fetches letters, and has each kept, read and handed to the hub. A letter that
// fails is counted and left for later; what fails for the hub, or on the connection,
// is an error.
func (s *session) take(ctx context.Context, letters []listed) error {
	var mu sync.Mutex
	var ready []*arrival
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	err := s.bodies(ctx, letters, func(f *fetched, err error) {
		g.Go(func() error {
			a, err := (*arrival)(nil), err
			if err == nil {
				a, err = s.read(reading, f)
			}
			if err != nil {
				if errors.Is(err, errHub) || reading.Err() != nil {
					return err
				}
				a = &arrival{fetched: f, trouble: err}
			}
			mu.Lock()
			defer mu.Unlock()
			ready = append(ready, a)
			return nil
		})
	})
	// What came whole is kept, also when the connection broke behind it.
	err = cmp.Or(g.Wait(), err)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cmp.Or(s.hand(ctx, ready), err)
}

// bodies fetches letters by one command, those that are too long by their headers
// alone, and gives each to each. It returns what is wrong with the connection.
func (s *session) bodies(ctx context.Context, letters []listed, each func(*fetched, error)) error {
	whole := slices.Clone(letters)
	for _, l := range letters {
		if l.size > s.cfg.MaxLetter {
			whole = slices.DeleteFunc(whole, func(w listed) bool { return w.uid == l.uid })
			if err := s.fetch(ctx, []listed{l}, headSection, each); err != nil {
				return err
			}
		}
	}
	if len(whole) == 0 {
		return nil
	}
	return s.fetch(ctx, whole, bodySection, each)
}

var (
	bodySection = &imap.FetchItemBodySection{Peek: true}
	headSection = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: headerMost}}
)

func (s *session) fetch(ctx context.Context, letters []listed, section *imap.FetchItemBodySection, each func(*fetched, error)) error {
	set := imap.UIDSet{}
	for _, l := range letters {
		set.AddNum(imap.UID(l.uid))
	}
	return s.ask(func() error {
		cmd := s.client.Fetch(set, &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{section}})
		var broken error
		brokenOff := false
		came := map[uint32]bool{}
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			uid, f, err := s.one(ctx, m, letters)
			if f == nil {
				if err != nil {
					s.cut() // or all the rest would have to be read
					brokenOff = errors.Is(err, errBrokenOff)
					broken = cmp.Or(s.broke(ctx, uid, letters, err), err)
					break
				}
				continue // of somebody else's asking
			}
			came[uid] = true
			f.header = section == headSection
			each(f, err)
		}
		// Close would read on in a letter that broke off, which the library's own reader
		// has taken over by then; nothing comes after such a letter.
		if !brokenOff {
			broken = cmp.Or(broken, cmd.Close())
		}
		if broken != nil {
			return fmt.Errorf("fetch letters: %w", broken)
		}
		for _, l := range letters {
			if !came[l.uid] { // deleted since
				s.progress.take(l.uid)
			}
		}
		return nil
	})
}

// one reads what the server gives of one letter. Without a fetched the letter is
// none that was asked for or, with an error, the connection or our storage failed.
func (s *session) one(ctx context.Context, m *imapclient.FetchMessageData, letters []listed) (uid uint32, f *fetched, err error) {
	var failed error
	came := false
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
			if i := slices.IndexFunc(letters, func(l listed) bool { return l.uid == uid }); i >= 0 {
				f = &fetched{listed: letters[i]}
			}
		case imapclient.FetchItemDataInternalDate:
			if f != nil && !item.Time.IsZero() {
				f.arrived = item.Time
			}
		case imapclient.FetchItemDataBodySection:
			if f == nil || item.Literal == nil {
				continue
			}
			if failed, err = s.body(ctx, f, item.Literal); err != nil {
				return uid, nil, err
			}
			came = true
		}
	}
	if f != nil && !came {
		return uid, nil, errors.New("the letter comes without its text")
	}
	return uid, f, failed
}

// body takes the bytes of a letter: a small one into memory, a long one straight to
// where letters are kept. failed is what is wrong with this letter alone.
func (s *session) body(ctx context.Context, f *fetched, from imap.LiteralReader) (failed, err error) {
	size := from.Size()
	if size > max(s.cfg.MaxLetter, headerMost) {
		return nil, fmt.Errorf("the server gives %d bytes for a letter of %d", size, f.size)
	}
	f.sums = newSums()
	source := &source{r: io.TeeReader(from, f.sums), left: size}
	if size <= smallLetter {
		f.small = make([]byte, size)
		_, err := io.ReadFull(source, f.small)
		return nil, err
	}
	f.original, err = s.files.Keep(ctx, originalName, source)
	switch {
	case source.err != nil:
		return nil, source.err
	case err != nil && connectors.KindOf(err) == connectors.Permanent:
		return err, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errHub, err)
	}
	return nil, nil
}

// broke counts a connection that broke in the middle of a letter. One that breaks
// again and again at the same letter is not the network's fault: that letter goes to
// the quarantine unread, from where it can be fetched again.
func (s *session) broke(ctx context.Context, uid uint32, letters []listed, why error) error {
	i := slices.IndexFunc(letters, func(l listed) bool { return l.uid == uid })
	if i < 0 || errors.Is(why, errHub) || ctx.Err() != nil {
		return nil
	}
	s.rest(uid)
	if s.state.breaks(uid) < breaksMost {
		return nil
	}
	return s.quarantine(ctx, &arrival{fetched: &fetched{listed: letters[i]}},
		fmt.Sprintf("Máy chủ thư ngắt kết nối %d lần khi đang lấy thư này (%d byte).", breaksMost, letters[i].size))
}

// errBrokenOff: the connection ended in the middle of a letter.
var errBrokenOff = errors.New("the letter breaks off")

// source is the text of a letter as it comes. It tells its own failures from those of
// whoever reads it, and an end that comes too early from the end.
type source struct {
	r    io.Reader
	left int64
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.left -= int64(n)
	if err != nil && (err != io.EOF || s.left > 0) {
		err = fmt.Errorf("%w: %w", errBrokenOff, err)
		s.err = err
	}
	return n, err
}

// originalName is what the whole letter is called as a file.
const originalName = "thu-goc.eml"

// sums are of the whole letter, and of what follows its header: that is the same in
// every copy, whichever way it took.
type sums struct {
	whole, body hash.Hash
	at          *end
}

// end finds where the header ends.
type end struct {
	tail  [3]byte
	found bool
}

func newSums() sums { return sums{sha256.New(), sha256.New(), &end{}} }

func (s sums) Write(p []byte) (int, error) {
	_, _ = s.whole.Write(p) // never fail
	rest := p
	if !s.at.found {
		rest = s.at.after(p)
	}
	_, _ = s.body.Write(rest)
	return len(p), nil
}

// after is what of p follows the first empty line.
func (e *end) after(p []byte) []byte {
	joined := append(slices.Clone(e.tail[:]), p...)
	for _, empty := range [][]byte{[]byte("\r\n\r\n"), []byte("\n\n")} {
		if at := bytes.Index(joined, empty); at >= 0 {
			e.found = true
			return joined[max(at+len(empty), len(e.tail)):]
		}
	}
	copy(e.tail[:], joined[len(joined)-len(e.tail):])
	return nil
}

// hand gives the letters to the hub, those of one person in the order in which they
// came, and those of many people at the same time.
func (s *session) hand(ctx context.Context, ready []*arrival) error {
	slices.SortFunc(ready, func(a, b *arrival) int { return cmp.Compare(a.uid, b.uid) })
	people := map[connectors.RemoteID][]*arrival{}
	for _, a := range ready {
		people[a.from()] = append(people[a.from()], a)
	}
	var g errgroup.Group
	g.SetLimit(keepers)
	for _, of := range people {
		g.Go(func() error {
			for _, a := range of {
				if err := s.give(ctx, a); err != nil {
					return err // what this person wrote later would overtake it
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil || len(people) < 2 {
		return err
	}
	// Of bookmarks that were kept at the same time, not always the farthest is the last.
	return s.mark(ctx, s.receiver, s.value(0))
}

// give hands one letter to the hub, with the bookmark behind it.
func (s *session) give(ctx context.Context, a *arrival) error {
	if a.trouble != nil {
		return s.failed(ctx, a, a.trouble)
	}
	raw := s.raw(a)
	raw.Bookmark = &connectors.Bookmark{Name: s.cfg.Folder, Value: s.value(a.uid)}
	err := s.receiver.Receive(ctx, raw, a.in)
	if err == nil {
		s.kept(a)
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// Is it this letter, or does the hub take nothing now?
	if s.mark(ctx, s.receiver, s.value(0)) != nil {
		return fmt.Errorf("%w: %w", errHub, err)
	}
	return s.failed(ctx, a, fmt.Errorf("the hub does not take it: %w", err))
}

func (s *session) kept(a *arrival) {
	s.progress.take(a.uid)
	s.state.forget(a.uid)
}

// failed counts a try of a letter. After the last one it goes to the quarantine, and
// the bookmark moves past it.
func (s *session) failed(ctx context.Context, a *arrival, why error) error {
	tries := s.fail(a.uid)
	s.log.WarnContext(ctx, "a letter could not be read", "uid", a.uid, "bytes", a.size, "tries", tries, "err", why)
	if tries < triesMost {
		s.rest(a.uid)
		return s.mark(ctx, s.receiver, s.value(0))
	}
	return s.quarantine(ctx, a, troubleWords(why))
}

func (s *session) quarantine(ctx context.Context, a *arrival, trouble string) error {
	raw := s.raw(a)
	raw.Trouble = trouble
	raw.Bookmark = &connectors.Bookmark{Name: s.cfg.Folder, Value: s.value(a.uid)}
	if err := s.receiver.Receive(ctx, raw, nil); err != nil {
		return fmt.Errorf("%w: %w", errHub, err)
	}
	s.kept(a)
	return nil
}

// rest leaves a letter alone for a while; others do not wait for it.
func (s *session) rest(uid uint32) { s.state.rest(uid, s.now().Add(s.cfg.RetryAfter)) }

func troubleWords(why error) string {
	if words := connectors.ReasonOf(why); words != "" {
		return words
	}
	return "Không đọc được thư sau ba lần thử: " + why.Error()
}
