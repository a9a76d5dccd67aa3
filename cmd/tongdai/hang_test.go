package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox"
	"tongdai/kb"
)

// hung is a store that can fall silent, as a database behind a broken network
// does: nothing answers until its caller gives up.
type hung struct {
	inbox.Store
	silent atomic.Bool
}

func (s *hung) wait(ctx context.Context) error {
	if s.silent.Load() {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (s *hung) View(ctx context.Context, fn func(inbox.Reader) error) error {
	return errors.Join(s.wait(ctx), s.unless(func() error { return s.Store.View(ctx, fn) }))
}

func (s *hung) Update(ctx context.Context, fn func(inbox.Writer) error) error {
	return errors.Join(s.wait(ctx), s.unless(func() error { return s.Store.Update(ctx, fn) }))
}

func (s *hung) ViewEntries(ctx context.Context, fn func(kb.Reader) error) error {
	return errors.Join(s.wait(ctx), s.unless(func() error { return s.Store.ViewEntries(ctx, fn) }))
}

func (s *hung) unless(do func() error) error {
	if s.silent.Load() {
		return nil
	}
	return do()
}

// TestEverybodyIsAnsweredWhileTheStoreIsSilent: a platform, a widget, a citizen's
// browser and the desk hear within two seconds that it did not work, and all of
// them are served again as soon as the store is back.
func TestEverybodyIsAnsweredWhileTheStoreIsSilent(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	store := &hung{Store: a.store}
	a.store = store
	if err := a.connect(); err != nil {
		t.Fatal(err)
	}
	server, streams, err := a.server("code")
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler)
	t.Cleanup(func() {
		streams.Close()
		web.Close()
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	ctx := t.Context()
	visitor, err := (&webchatsim.Hub{URL: web.URL, Channel: "web", Client: web.Client()}).Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	desk := deskOf(t, a, web)

	status := func(err error) int {
		if refused, ok := errors.AsType[*webchatsim.Refused](err); ok {
			return refused.Status
		} else if err != nil {
			t.Error(err)
		}
		return http.StatusOK
	}
	calls := []struct {
		name string
		call func() int
		want int // while the store is silent
		well int // otherwise
	}{
		{"a citizen writes", func() int { return status(visitor.Say(ctx, "k1", "xin chào")) }, 503, 200},
		{"a widget reads", func() int { _, err := visitor.History(ctx); return status(err) }, 503, 200},
		{"the first page", func() int { return desk(http.MethodGet, "/", "") }, 200, 200},
		{"a search", func() int { return desk(http.MethodGet, "/hoi-dap?q=khai+sinh", "") }, 200, 200},
		{"a balancer asks", func() int { return desk(http.MethodGet, "/readyz", "") }, 503, 200},
		{"the desk lists", func() int { return desk(http.MethodGet, "/api/v1/conversations?view=all", "") }, 503, 200},
		{"the desk answers", func() int {
			return desk(http.MethodPost, "/api/v1/conversations/c1/replies", `{"text":"Dạ","key":"k2"}`)
		}, 503, 404},
		{"the desk follows", func() int { return desk(http.MethodGet, "/api/v1/events?after=999999", "") }, 503, 410},
	}
	for _, silent := range []bool{true, false} {
		store.silent.Store(silent)
		var calling sync.WaitGroup
		for _, tt := range calls {
			calling.Go(func() {
				watch := stopwatch()
				got, want := tt.call(), tt.well
				if silent {
					want = tt.want
				}
				if took := watch(); got != want || took > 2*time.Second {
					t.Errorf("%s, store silent %v: %d after %s, want %d within two seconds", tt.name, silent, got, took, want)
				}
			})
		}
		calling.Wait()
	}
}

// deskOf logs an administrator in and returns how he calls.
func deskOf(t *testing.T, a *app, web *httptest.Server) func(method, path, body string) int {
	t.Helper()
	password := "con mèo leo cây cau"
	if _, err := a.hub.AddMember(t.Context(), console, inbox.NewMember{Login: "root", Name: "Root", Password: password, Role: inbox.Admin}); err != nil {
		t.Fatal(err)
	}
	var cookies []*http.Cookie
	call := func(method, path, body string) (int, []*http.Cookie) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		answer, err := web.Client().Do(r)
		if err != nil {
			t.Error(err)
			return 0, nil
		}
		defer answer.Body.Close()
		return answer.StatusCode, answer.Cookies()
	}
	login, err := json.Marshal(map[string]string{"login": "root", "password": password})
	if err != nil {
		t.Fatal(err)
	}
	status, given := call(http.MethodPost, "/api/v1/session", string(login))
	if status != http.StatusOK {
		t.Fatalf("login answers %d", status)
	}
	cookies = given
	return func(method, path, body string) int {
		status, _ := call(method, path, body)
		return status
	}
}
