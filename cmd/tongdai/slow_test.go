package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tongdai/connectors/webchat/webchatsim"
)

// WEB-06: two thousand connections send their headers and their words a byte at a
// time, or read nothing of what they asked for, and one address opens more
// connections than it may. Citizens are served all the while, everybody slow is cut
// off in the time that the configuration says, and only the greedy address is
// turned away.
func TestWhoeverIsSlowIsCutOffAndKeepsNobodyWaiting(t *testing.T) {
	ctx, cancel := patience(t, time.Minute, 5*time.Minute)
	defer cancel()
	settings := nodeSettings{}
	if !long() {
		settings = nodeSettings{Patience: 2 * time.Second, Connections: 30}
	}
	limits := settings.config().HTTP.Limits
	n := lonelyNode(ctx, t, settings)

	var all sync.WaitGroup
	slow := map[string]*slowness{
		"headers": {many: count(40, 700), cut: limits.HeaderTimeout, act: slowHeaders},
		"bodies":  {many: count(40, 700), cut: limits.ReadTimeout, act: slowBody},
		"readers": {many: count(8, 600), cut: limits.WriteTimeout, act: slowReader(largeFile(ctx, t, n))},
	}
	for kind, s := range slow {
		for i := range s.many {
			from := fmt.Sprintf("127.0.%d.%d", 1+i%8, 10+len(kind)) // fewer of each than an address may have
			all.Go(func() { s.suffer(ctx, from, n.settings.Listen) })
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		all.Wait()
	}()
	served := honest(ctx, t, n, count(4, 20), ended)
	<-ended
	for kind, s := range slow {
		s.mu.Lock()
		t.Logf("%s: %d cut off after %s to %s; %d others", kind, s.ended, s.first.Round(time.Millisecond), s.last.Round(time.Millisecond), len(s.troubles))
		if s.ended != s.many {
			t.Errorf("of %d with slow %s %d were cut off: %v", s.many, kind, s.ended, errors.Join(s.troubles...))
		}
		if s.first < s.cut/2 || s.last > 2*s.cut+30*time.Second {
			t.Errorf("slow %s are cut off after %s to %s, the configuration says %s", kind, s.first, s.last, s.cut)
		}
		s.mu.Unlock()
	}
	t.Logf("%d honest messages were acknowledged meanwhile", served)
	greedy(ctx, t, n, limits.ConnectionsPerAddress)
}

// lonelyNode is a hub of one node with the embedded store, in a process of its own.
func lonelyNode(ctx context.Context, t *testing.T, s nodeSettings) *clusterNode {
	t.Helper()
	dir := t.TempDir()
	s.Program, s.Key, s.Notice = programHere(t), clusterKey(), time.Millisecond
	furnish(t, nodeSettings{Data: filepath.Join(dir, "node")})
	n := newClusterNode(t, dir, "node", s)
	if err := n.start(); err != nil {
		t.Fatal(err)
	}
	n.awaitReady(ctx, t)
	return n
}

// slowness is one way to be slow, and how it ended for those who were.
type slowness struct {
	many int
	cut  time.Duration // after which it should end
	act  func(conn net.Conn) error

	mu          sync.Mutex
	ended       int
	first, last time.Duration // until the hub had enough
	troubles    []error
}

// suffer is slow until the hub ends the connection.
func (s *slowness) suffer(ctx context.Context, from, to string) {
	conn, err := callFrom(ctx, from, to)
	if err == nil {
		defer conn.Close()
		deadline, _ := ctx.Deadline()
		_ = conn.SetDeadline(deadline)
		begun := time.Now()
		err = s.act(conn)
		if took := time.Since(begun); err == nil || ended(err) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.ended == 0 || took < s.first {
				s.first = took
			}
			s.ended, s.last = s.ended+1, max(s.last, took)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles = append(s.troubles, err)
}

// ended reports whether an error tells that the other side closed the connection.
func ended(err error) bool {
	var timeout net.Error
	return err != nil && !(errors.As(err, &timeout) && timeout.Timeout())
}

// callFrom opens a connection from another address of this machine.
func callFrom(ctx context.Context, from, to string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return dialer.DialContext(ctx, "tcp", to)
}

// drip writes text a byte at a time, for as long as somebody takes it.
func drip(conn net.Conn, text string) error {
	tick := time.NewTicker(time.Duration(count(100, 1000)) * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i = (i + 1) % len(text) {
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			return err
		}
		<-tick.C
	}
}

func slowHeaders(conn net.Conn) error {
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: hub\r\n"); err != nil {
		return err
	}
	return drip(conn, "X-Slow: a\r\n")
}

func slowBody(conn net.Conn) error {
	_, err := io.WriteString(conn, "POST /api/v1/session HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"login\":\"")
	if err != nil {
		return err
	}
	return drip(conn, "x")
}

// slowReader asks for a file and takes nothing of it. That the connection was
// ended shows when more is written.
func slowReader(file *http.Request) func(conn net.Conn) error {
	return func(conn net.Conn) error {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4 << 10)
		}
		if err := file.Clone(context.Background()).Write(conn); err != nil {
			return err
		}
		return drip(conn, "GET / HTTP/1.1\r\n")
	}
}

// largeFile is a request for a file of a visitor's that no buffer holds.
func largeFile(ctx context.Context, t *testing.T, n *clusterNode) *http.Request {
	t.Helper()
	visitor, err := (&webchatsim.Hub{URL: n.url, Channel: "web", Client: http.DefaultClient}).Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, errPart := form.CreateFormFile("file", "mẫu đơn.pdf")
	if errPart == nil {
		_, errPart = part.Write(append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("giấy tờ "), 800<<10)...))
	}
	ask, errAsk := visitor.Request(ctx, body.Bytes())
	if err := errors.Join(errPart, form.Close(), errAsk); err != nil {
		t.Fatal(err)
	}
	ask.URL.Path = "/chat/web/attachments"
	ask.Body, ask.ContentLength = io.NopCloser(bytes.NewReader(body.Bytes())), int64(body.Len())
	ask.Header.Set("Content-Type", form.FormDataContentType())
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var kept struct{ Ticket string }
	if err := json.NewDecoder(answer.Body).Decode(&kept); err != nil || kept.Ticket == "" {
		t.Fatalf("the file was answered %d, %v", answer.StatusCode, err)
	}
	file, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/chat/web/attachments/"+kept.Ticket, nil)
	if err != nil {
		t.Fatal(err)
	}
	file.Header.Set("Authorization", ask.Header.Get("Authorization"))
	file.Header.Set("Origin", n.url)
	return file
}

// honest has citizens write until ended, as their widgets do, which send again what
// the hub was too busy to take; one looks at a page as well. Everybody must be
// served in time. It returns how many messages were acknowledged.
func honest(ctx context.Context, t *testing.T, n *clusterNode, citizens int, ended <-chan struct{}) (served int) {
	t.Helper()
	const inTime = 10 * time.Second
	client := &http.Client{Timeout: inTime, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, to string) (net.Conn, error) { return callFrom(ctx, "127.0.9.9", to) },
	}}
	defer client.CloseIdleConnections()
	hub := &webchatsim.Hub{URL: n.url, Channel: "web", Client: client}
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range citizens {
		all.Go(func() {
			visitor, err := hub.Open(ctx)
			spoken := &webchatsim.Ledger{Visitor: visitor}
			for err == nil {
				limited, cancel := context.WithTimeout(ctx, inTime)
				err = spoken.Insist(limited, "giá điện bao nhiêu")
				cancel()
				if err == nil {
					mu.Lock()
					served++
					mu.Unlock()
				}
				if i == 0 && err == nil {
					var page *http.Response
					if page, err = client.Get(n.url + "/"); err == nil {
						_, err = io.Copy(io.Discard, page.Body)
						_ = page.Body.Close()
					}
				}
				select {
				case <-ended:
					return
				case <-time.After(200 * time.Millisecond):
				}
			}
			t.Errorf("citizen %d was not served: %v", i, err)
		})
	}
	all.Wait()
	return served
}

// greedy opens more connections than an address may, and looks who gets in.
func greedy(ctx context.Context, t *testing.T, n *clusterNode, most int) {
	t.Helper()
	const more = 20
	var open []net.Conn
	turned := 0
	for range most + more {
		conn, err := callFrom(ctx, "127.0.77.7", n.settings.Listen)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		open = append(open, conn)
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second)) // asked at once: who says nothing for long is cut off for that
		_, errSend := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
		answer := make([]byte, 12)
		_, errRead := io.ReadFull(conn, answer)
		if errSend != nil || errRead != nil {
			turned++
		}
	}
	t.Logf("of %d connections of one address %d were turned away", len(open), turned)
	if turned != more {
		t.Errorf("%d connections were turned away, want %d: an address may have %d", turned, more, most)
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	await(ctx, t, "room for the address that had too many", func() bool {
		conn, err := callFrom(ctx, "127.0.77.7", n.settings.Listen)
		if err != nil {
			return false
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		_, errSend := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
		_, errRead := io.ReadAll(conn)
		return errors.Join(errSend, errRead) == nil
	})
	said, err := os.ReadFile(n.log)
	if err != nil || !bytes.Contains(said, []byte("too many of one address")) {
		t.Errorf("the log does not tell of it (%v)", err)
	}
}
