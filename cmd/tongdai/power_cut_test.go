package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tongdai/inbox/journal"
	"tongdai/inbox/ledger"
	"tongdai/inbox/media"
)

// flushing are the ways in which ext4 is told how long it may put off writing its
// own journal: every second, as usual, hardly ever. What the hub acknowledges must
// not depend on it.
var flushing = []struct {
	commit     int // seconds
	quick, all int // cuts
	unflushed  int // cuts in a quick run of a hub that flushes nothing
}{{1, 0, 67, 1}, {5, 0, 67, 0}, {1000, 2, 66, 0}}

// cutsOfOne is how many cuts one hub goes through before there is a new one: all
// that was said is read after each.
const cutsOfOne = 10

// stormsOfOne is more than there are storms before a cut.
const stormsOfOne = 1000

// DUR-03: the power is cut while everybody talks, at random moments. On the disk
// as it is then, the store is sound, the hub starts, everything is there that was
// acknowledged before, and what comes again is recognised.
func TestAPowerCutTakesNothingThatWasAcknowledged(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 80*time.Minute)
	defer cancel()
	for _, way := range flushing {
		if count(way.quick, way.all) == 0 {
			continue
		}
		t.Run(fmt.Sprintf("commit every %d s", way.commit), func(t *testing.T) {
			for cuts := count(way.quick, way.all); cuts > 0 && !t.Failed(); cuts -= cutsOfOne {
				p := newPowered(t, way.commit, false)
				for range min(cuts, cutsOfOne) {
					for _, problem := range p.cut(ctx) {
						t.Error(problem)
					}
				}
				p.judge(ctx)
				p.off()
				t.Log(p.told())
			}
		})
	}
}

// The same with a hub whose flushes are answered and not done: each cut loses
// something, and the same judge tells it.
func TestWithoutFlushesAPowerCutTakesSomething(t *testing.T) {
	ctx, cancel := patience(t, 2*time.Minute, 20*time.Minute)
	defer cancel()
	for _, way := range flushing {
		if count(way.unflushed, cutsOfOne) == 0 {
			continue
		}
		t.Run(fmt.Sprintf("commit every %d s", way.commit), func(t *testing.T) {
			p := newPowered(t, way.commit, true)
			for cut := range count(way.unflushed, cutsOfOne) {
				problems := p.cut(ctx)
				if !slices.ContainsFunc(problems, func(problem string) bool { return strings.Contains(problem, "is lost") }) {
					t.Errorf("cut %d has lost nothing although nothing was flushed: %q", cut+1, problems)
				}
			}
			t.Log(p.told())
		})
	}
}

// powered is a hub whose data folder, with the second copy of what comes in, is on
// a disk whose power is cut.
type powered struct {
	*cluster
	disk   *powerDisk
	random *rand.Rand

	mu    sync.Mutex
	files []string // acknowledged

	cuts, held, unknown int // items that were acknowledged before a cut, and said but not acknowledged
	frozen              time.Duration
}

func newPowered(t *testing.T, commit int, noFlush bool) *powered {
	t.Helper()
	p := &powered{}
	p.cluster = newCluster(t, clusterOptions{
		nodes: 1, embedded: true,
		under: func(folder string) { p.disk = newPowerDisk(t, folder, commit) },
		tune: func(s *nodeSettings) {
			s.NoFlush, s.Journal = noFlush, filepath.Join(p.disk.at, "second-copy")
		},
	})
	p.random = rand.New(rand.NewPCG(p.seed, 5))
	return p
}

// talk has everybody talk, and a member give the hub files, until they are told to hush.
func (p *powered) talk(ctx context.Context) (hush func()) {
	quiet := p.rageOn(ctx, storm{batch: p.cuts * stormsOfOne, visitors: 3, persons: 6, rounds: 4, copies: 1, broken: 1, replies: 4})
	giving, end := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for n := 0; sleep(giving, 50*time.Millisecond); n++ {
			var kept struct{ ID string }
			err := p.desk.Upload(ctx, "/attachments", "giấy tờ.txt", fmt.Appendf(nil, "Bản sao số %d.%d", p.cuts, n), &kept)
			p.note(err)
			if err == nil {
				p.mu.Lock()
				p.files = append(p.files, kept.ID)
				p.mu.Unlock()
			}
		}
	})
	return func() {
		end()
		done.Wait()
		quiet()
	}
}

// cut cuts the power at a random moment while everybody talks, and tells
// everything that is wrong with what is found then. The hub itself goes on.
func (p *powered) cut(ctx context.Context) (problems []string) {
	p.t.Helper()
	hush := p.talk(ctx)
	said := p.acked.Load()
	await(ctx, p.t, "items between two cuts", func() bool { return p.acked.Load() >= said+20 })
	sleep(ctx, time.Duration(p.random.Int64N(int64(400*time.Millisecond))))

	p.mu.Lock()
	files := slices.Clone(p.files)
	p.mu.Unlock()
	before := p.journal.Copy()
	image, frozen, err := p.disk.cut(ctx)
	after := p.journal.AckedBy(before)
	hush()
	if err != nil {
		p.t.Fatal(err)
	}
	p.frozen += frozen
	p.count(after)
	at, end, err := p.disk.boot(image)
	if err != nil {
		return []string{fmt.Sprintf("the disk cannot be mounted: %v", err)}
	}
	defer end()
	return p.found(ctx, at, after, files)
}

func (p *powered) count(j *ledger.Journal) {
	p.cuts++
	for _, item := range j.Items() {
		if item.Acked > 0 {
			p.held++
		} else {
			p.unknown++
		}
	}
}

func (p *powered) told() string {
	return fmt.Sprintf("%d cuts; before them %d items were acknowledged, %d were said and not; %d files; the disk stood still for %.0f ms a cut",
		p.cuts, p.held, p.unknown, len(p.files), p.frozen.Seconds()*1000/float64(max(p.cuts, 1)))
}

// off ends the hub, so that its disk can be taken away.
func (p *powered) off() {
	p.t.Helper()
	if err := p.nodes[0].kill(); err != nil {
		p.t.Error(err)
	}
}

// found tells everything that is wrong with the data folder at a place: j says
// what must be there, and what may be.
func (p *powered) found(ctx context.Context, at string, j *ledger.Journal, files []string) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	s := p.nodes[0].settings
	s.Data, s.Journal, s.NoFlush = at, filepath.Join(at, "second-copy"), false
	cfg := s.config()
	switch v, err := verify(ctx, cfg, quietly); {
	case err != nil:
		bad("it cannot be verified: %v", err)
	case !v.Sound || !v.Whole:
		bad("it is not sound: %s", toldBy(v))
	}
	kept, err := mediaStore(cfg, media.Options{Log: silent})
	if err != nil {
		bad("attachments: %v", err)
	}
	for _, id := range files {
		if _, err := kept.Verify(ctx, id); err != nil {
			bad("the file %s was acknowledged and is lost: %v", id, err)
		}
	}
	for _, problem := range notCopied(s.Journal, j) {
		bad("%s", problem)
	}
	return append(problems, p.shownBy(ctx, s, j)...)
}

// shownBy starts a hub on what was found, and tells everything that is wrong with
// what it shows; then senders send again what they know no answer to, and some of
// what they do.
func (p *powered) shownBy(ctx context.Context, s nodeSettings, j *ledger.Journal) (problems []string) {
	s.Platforms = map[string]string{}
	for id := range p.nodes[0].settings.Platforms {
		s.Platforms[id] = "http://" + freeAddress(p.t) // nobody is there: what was said stays as it is
	}
	n := newClusterNode(p.t, p.dir, fmt.Sprintf("after%d", p.cuts), s)
	n.settings.Data = s.Data
	if err := n.start(); err != nil {
		p.t.Fatal(err)
	}
	defer func() {
		n.signal(syscall.SIGKILL)
		<-n.ended
	}()
	await(ctx, p.t, n.name+" to be ready, or to end", func() bool { return n.ready(ctx) || !n.signal(0) })
	desk := &ledger.Desk{URL: n.url, Client: http.DefaultClient}
	if err := desk.Login(ctx, clusterAdmin, clusterPassword); err != nil {
		return []string{fmt.Sprintf("the hub does not come back, so that everything is lost: %v", err)}
	}
	judge := func(when string) {
		shown, err := settledAt(ctx, desk)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s it cannot be read: %v", when, err))
			return
		}
		for _, problem := range (ledger.Evidence{Journal: j, Shown: []ledger.Shown{shown}}).Problems() {
			if problem.Invariant <= "I5" { // the rest is still under way
				problems = append(problems, fmt.Sprintf("cut %d, %s %s", p.cuts, when, problem))
			}
		}
	}
	judge("at once,")
	if len(problems) == 0 {
		if err := p.sendAgain(ctx, n.url, j); err != nil {
			problems = append(problems, fmt.Sprintf("what is sent again is not taken: %v", err))
		}
		judge("after it came again,")
	}
	return problems
}

// settledAt reads everything a hub shows once its bot has weighed all that it can.
func settledAt(ctx context.Context, desk *ledger.Desk) (shown ledger.Shown, err error) {
	unweighed := func(conv ledger.Conversation) bool {
		return conv.Handler != "people" && slices.ContainsFunc(conv.Messages, func(m ledger.Message) bool { return m.Direction == "in" && m.Turn == nil })
	}
	for {
		if shown, err = desk.Read(ctx, "what the cut has left"); err != nil {
			return shown, err
		}
		if !slices.ContainsFunc(shown.Conversations, unweighed) {
			return desk.Read(ctx, shown.By) // the last was of several moments
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return shown, ctx.Err()
		}
	}
}

// sendAgain sends things again to a hub: all that was not acknowledged, and every
// fifth that was. Those of one person go one after the other.
func (p *powered) sendAgain(ctx context.Context, url string, j *ledger.Journal) error {
	again := map[string][]*ledger.Item{}
	for i, item := range j.Entries() {
		if item.Channel != "web" && !item.Broken && (item.Acked == 0 || i%5 == 0) { // what is broken bears no key
			again[item.Channel+" "+item.Person] = append(again[item.Channel+" "+item.Person], item)
		}
	}
	var sending errgroup.Group
	for _, items := range again {
		hook := p.hooks[slices.IndexFunc(p.hooks, func(h *platform) bool { return h.id == items[0].Channel })]
		sending.Go(func() error {
			for _, item := range items {
				if err := insistently(ctx, func() error { return hook.push(ctx, url, item) }); err != nil {
					return err
				}
				j.Answer(item, true)
			}
			return nil
		})
	}
	return sending.Wait()
}

// notCopied tells everything that was acknowledged and is not in the second copy
// of what came in, in folder.
func notCopied(folder string, j *ledger.Journal) (problems []string) {
	type said struct{ channel, text string }
	copied := map[said]bool{}
	for r, err := range journal.Read(folder, time.Time{}) {
		if err != nil {
			problems = append(problems, fmt.Sprintf("the second copy: %v", err))
			continue // with the next file, if it is damage
		}
		for _, in := range r.In {
			copied[said{string(r.Raw.Channel), in.Content.Text}] = true
		}
		if len(r.In) == 0 {
			copied[said{string(r.Raw.Channel), string(r.Raw.Body)}] = true
		}
	}
	for _, item := range j.Items() {
		if item.Acked > 0 && !copied[said{item.Channel, item.Text}] {
			problems = append(problems, fmt.Sprintf("%s was acknowledged and is not in the second copy", item))
		}
	}
	return problems
}
