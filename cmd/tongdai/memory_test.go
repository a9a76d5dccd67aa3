package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tongdai/connectors/email/emailsim"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox/ledger"
)

// hubMemory is all that the hub and its children may have in the test, in bytes.
const hubMemory = 256 << 20

// DUR-12: the hub has little memory, and everything that takes much comes at once:
// thousands of open widgets, large letters, files of tables that exhaust whoever
// reads them, while citizens write and members answer. At worst the kernel kills the
// hub, or what reads a file for it; whoever supervises it starts it again, it comes
// back, and the books agree.
func TestTheHubRunsOutOfMemory(t *testing.T) {
	if raceDetector && !long() {
		t.Skip("with the race detector the program must be built once more without it: in a full run only")
	}
	ctx, cancel := patience(t, 4*time.Minute, 20*time.Minute)
	defer cancel()
	n := &narrow{letters: count(2, 30), sockets: count(500, 5000), readers: count(1, 2), group: newMemoryGroup(t, hubMemory)}
	onDisk(t)
	sim, err := emailsim.Start(emailsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	n.cluster = newCluster(t, clusterOptions{nodes: 1, embedded: true, tune: func(s *nodeSettings) {
		s.Confine, s.Further = n.group.path, mailboxOf(t, sim)
		if raceDetector {
			s.Program = withoutDetector(t) // the detector alone takes more
		}
	}})
	stop := n.supervise(ctx)

	sockets := n.open(ctx)
	// Nothing that cannot be understood: it goes on for so long that the desk, which
	// shows the latest of that, would not show all of it.
	hush := n.rageOn(ctx, storm{visitors: 2, persons: 4, rounds: 4, copies: 1, replies: 4})
	tables := n.burden(ctx)
	for i := range n.letters {
		raw := largeLetter(i, sim.Config().Address)
		if err := sim.Deliver(raw, time.Now()); err != nil {
			t.Fatal(err)
		}
		n.journal.Answer(n.journal.Said(ledger.Item{Channel: mailInTest, Person: writerOf(i), Key: writerOf(i), Text: letterWords(i)}), true)
	}
	await(ctx, t, "all sockets", func() bool { return n.mostOpen.Load() >= int64(n.sockets) })
	await(ctx, t, "files of tables to be refused", func() bool { return n.refusedTables.Load() >= int64(count(1, 10)) })
	defer func() { t.Logf("%d letters of %d are there", n.fetched(ctx), n.letters) }()
	await(ctx, t, "all letters", func() bool { return n.fetched(ctx) == n.letters || !sleep(ctx, 500*time.Millisecond) })
	tables()
	hush()
	sockets()
	await(ctx, t, "the hub to be ready", func() bool { return n.nodes[0].ready(ctx) })
	n.judge(ctx)
	stop()
	n.tellFault()
}

// narrow is a hub with little memory.
type narrow struct {
	*cluster
	group                     *memoryGroup
	letters, sockets, readers int // readers: who upload files of tables at a time

	ends          atomic.Int64 // of the hub
	nowOpen       atomic.Int64
	mostOpen      atomic.Int64
	refusedTables atomic.Int64 // by their reader's limits
	diedAtTables  atomic.Int64 // uploads that were answered by nobody
}

// tellFault fails when memory was never short.
func (n *narrow) tellFault() {
	n.t.Helper()
	n.t.Logf("there was no more memory %d times; the kernel killed %d processes, the hub %d times; %d sockets at once; %d files of tables refused, %d times nobody was there to answer",
		n.group.refused(), n.group.kills(), n.ends.Load(), n.mostOpen.Load(), n.refusedTables.Load(), n.diedAtTables.Load())
	if n.group.refused() == 0 {
		n.t.Error("there was always memory: the limit fell into silence")
	}
}

// supervise starts the hub again whenever it has ended, as the service manager does.
func (n *narrow) supervise(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	node := n.nodes[0]
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-node.ended:
			}
			n.ends.Add(1)
			if status, ok := node.process.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				log, _ := os.ReadFile(node.log)
				n.t.Errorf("the hub ended by itself (%v): %s", node.process.ProcessState, lastLines(string(log), 30))
			}
			if err := node.start(); err != nil {
				n.t.Error(err)
				return
			}
		}
	})
	stop = func() {
		cancel()
		watching.Wait()
	}
	n.t.Cleanup(stop) // before the hub is ended for good
	return stop
}

// mailInTest is the channel of the letters.
const mailInTest = "mail"

func mailboxOf(t *testing.T, sim *emailsim.Sim) (config string) {
	t.Helper()
	config = filepath.Join(t.TempDir(), "channels.yaml")
	box := fmt.Sprintf(`channels:
  - {id: web, kind: webchat, name: Web}
  - {id: %s, kind: email, name: Thư 1022, address: %q, imap_server: %q, imap_security: none, mail_password: %q, smtp_server: %q, smtp_security: none, since: %q}
`, mailInTest, sim.Config().Address, sim.IMAP(), sim.Config().Password, sim.SMTP(), time.Now().AddDate(0, 0, -1).Format(time.DateOnly))
	if err := os.WriteFile(config, []byte(box), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

func letterWords(n int) string { return fmt.Sprintf("%s (thư số %d)", loadQuestion(n), n) }

// largeLetter is one with a file of 24 MB, which are 33 MB on their way.
func largeLetter(n int, to string) []byte {
	file := make([]byte, 24<<20)
	random := rand.New(rand.NewPCG(uint64(n), 12))
	for i := 0; i+8 <= len(file); i += 8 {
		v := random.Uint64()
		for j := range 8 {
			file[i+j] = byte(v >> (8 * j))
		}
	}
	var raw strings.Builder
	raw.Grow(len(file) * 3 / 2)
	fmt.Fprintf(&raw, "From: <%s>\r\nTo: <%s>\r\nSubject: Thu %d\r\nMessage-ID: <nang-%d@nguoidan.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename=anh.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n",
		writerOf(n), to, n, n, letterWords(n))
	const line = 57
	for at := 0; at < len(file); at += line {
		raw.WriteString(base64.StdEncoding.EncodeToString(file[at:min(at+line, len(file))]))
		raw.WriteString("\r\n")
	}
	raw.WriteString("--b--\r\n")
	return []byte(raw.String())
}

// fetched counts the letters that have become matters.
func (n *narrow) fetched(ctx context.Context) int {
	listed, err := n.desk.ListOf(ctx, mailInTest)
	if err != nil {
		return 0 // it is not there now
	}
	return len(listed)
}

// burden uploads files of tables until it is ended.
func (n *narrow) burden(ctx context.Context) (end func()) {
	book := bookOf(n.t, func(w *strings.Builder) {
		w.WriteString(`<sheetData></sheetData><mergeCells>`)
		for w.Len() < 60<<20 {
			w.WriteString(`<mergeCell ref="A2:A3"/>`)
		}
		w.WriteString(`</mergeCells>`)
	})
	ctx, cancel := context.WithCancel(ctx)
	var loading sync.WaitGroup
	for range n.readers {
		loading.Go(func() {
			patient := n.desk.At(n.front)
			patient.Client = &http.Client{Timeout: 30 * time.Second}
			for sleep(ctx, 100*time.Millisecond) {
				var plan struct{ Problems []struct{ Message string } }
				err := patient.Upload(ctx, "/knowledge/imports/preview", "muc.xlsx", book, &plan)
				switch {
				case ctx.Err() != nil:
				case err != nil && statusOf(err) == 0:
					n.diedAtTables.Add(1)
				case err != nil:
					n.t.Errorf("a file of tables is answered by %v", err)
				case len(plan.Problems) != 1:
					n.t.Errorf("a file that exhausts its reader has the problems %v", plan.Problems)
				default:
					n.refusedTables.Add(1)
				}
			}
		})
	}
	return func() {
		cancel()
		loading.Wait()
	}
}

// Open widgets: a visitor may have a few, an address some hundred.
const (
	socketsOfVisitor = 5
	socketsOfAddress = 400
)

// open opens sockets on which widgets wait for what is said, and opens them again
// when they break off, until it is ended.
func (n *narrow) open(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var waiting sync.WaitGroup
	for first := 0; first < n.sockets; first += socketsOfVisitor {
		waiting.Go(func() {
			hub := &webchatsim.Hub{URL: n.front, Channel: "web", Client: http.DefaultClient}
			var v *webchatsim.Visitor
			if err := insistently(ctx, func() (err error) { v, err = hub.Open(ctx); return err }); err != nil {
				return
			}
			req, err := v.Events(ctx)
			if err != nil {
				n.t.Error(err)
				return
			}
			for i := range socketsOfVisitor {
				waiting.Go(func() {
					for sleep(ctx, time.Duration(500+rand.IntN(1000))*time.Millisecond) {
						n.listen(ctx, req, (first+i)/socketsOfAddress)
					}
				})
			}
		})
	}
	return func() {
		cancel()
		waiting.Wait()
	}
}

// listen is one socket, until it breaks off. It comes from an address of its own,
// of those that stand for this machine.
func (n *narrow) listen(ctx context.Context, req *http.Request, address int) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+address))}, Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", req.URL.Host)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := req.Write(conn); err != nil {
		return
	}
	lines := bufio.NewReaderSize(conn, 512)
	status, err := lines.ReadString('\n')
	if err != nil || !strings.Contains(status, " 200 ") {
		return
	}
	open := n.nowOpen.Add(1)
	defer n.nowOpen.Add(-1)
	for most := n.mostOpen.Load(); open > most && !n.mostOpen.CompareAndSwap(most, open); most = n.mostOpen.Load() {
	}
	for err == nil {
		_, err = lines.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			err = nil
		}
	}
}
