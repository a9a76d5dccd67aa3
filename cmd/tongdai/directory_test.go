package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/revisions"
)

// TestARunningHubTakesOverTheDirectory changes the directory as another node does,
// and sees everything that names departments follow without a restart.
func TestARunningHubTakesOverTheDirectory(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	server, streams, err := a.server("code")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var g errgroup.Group
	g.Go(func() error { return a.hub.Run(ctx) })
	g.Go(func() error { return a.followDirectory(ctx) })
	t.Cleanup(func() {
		cancel()
		streams.Close()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})

	other, err := revisions.Open(ctx, a.store, directory.Data{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Edit(ctx, keeper, other.Current().Revision, func(d *directory.Data) error {
		i := slices.IndexFunc(d.Departments, func(x directory.Department) bool { return x.ID == "so-y-te" })
		d.Departments[i].Name, d.Departments[i].Aliases = "Sở Y tế và Dân số", []string{"Sở Y tế"}
		d.Departments[i].Contacts = []directory.Point{{Name: "Trực ban", Phone: "0237 385 2777", Urgent: true}}
		f := slices.IndexFunc(d.Fields, func(x directory.Field) bool { return x.ID == "suc-khoe" })
		d.Fields[f].Name = "Sức khỏe người dân"
		d.Rules = []directory.Rule{{Field: "suc-khoe", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"cdc"}}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	within(t, "the name of the department", func() bool { return a.house.DepartmentName("so-y-te") == "Sở Y tế và Dân số" })
	if got := a.house.CategoryName("suc-khoe"); got != "Sức khỏe người dân" {
		t.Errorf("the field is called %s", got)
	}
	if id, ok := a.house.DepartmentNamed("sở y tế"); !ok || id != "so-y-te" {
		t.Errorf("its other name finds %s", id)
	}
	if lead := a.house.Charge("suc-khoe", "xa-nga-son", time.Now()).Lead; len(lead) != 1 || lead[0] != "cdc" {
		t.Errorf("in charge by the rule: %v", lead)
	}
	contacts := a.house.AlarmContacts("suc-khoe", "", time.Now())
	if !slices.ContainsFunc(contacts, func(c inbox.AlarmContact) bool { return c.Phone == "0237 385 2777" }) {
		t.Errorf("urgent alarms go to %+v", contacts)
	}
	page := httptest.NewRecorder()
	server.Handler.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/lien-he", nil))
	if !strings.Contains(page.Body.String(), "Sở Y tế và Dân số") {
		t.Error("the citizens' page names the department as before")
	}

	// A restart begins with what the store has, not with the files.
	again, err := revisions.Open(ctx, a.store, a.data.Directory.Data(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d, _ := again.Now().Department("so-y-te"); again.Current().Revision != 2 || d.Name != "Sở Y tế và Dân số" {
		t.Errorf("after a restart: revision %d, %s", again.Current().Revision, d.Name)
	}
}

// within waits for a condition that another goroutine brings about.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}
