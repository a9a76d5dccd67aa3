package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
)

func TestChannels(t *testing.T) {
	r := start(t)
	lead := r.member(inbox.Member{Login: "lead", Role: inbox.Supervisor})
	r.matter("")
	a := r.do(r.ask(lead, http.MethodGet, "/channels", ""))
	r.want(a, http.StatusOK)
	var channels []struct {
		ID, Kind, Name   string
		Checks, Connects bool
		Tests            bool
		Health           *struct {
			OK      bool
			Problem string
			Expires time.Time
		}
		LastIn         *time.Time `json:"last_in"`
		LastOut        *time.Time `json:"last_out"`
		Parked, Failed int
	}
	if err := json.Unmarshal(a.body, &channels); err != nil || len(channels) != 2 {
		t.Fatalf("the channels are %s (%v)", a.body, err)
	}
	plain, oa := channels[0], channels[1]
	if plain.Checks || plain.Connects || plain.Health != nil || plain.LastIn == nil || plain.Parked != 1 {
		t.Errorf("the channel that can tell nothing is %+v", plain)
	}
	if !oa.Checks || !oa.Connects || !oa.Tests || oa.Health == nil || !oa.Health.OK || oa.Health.Problem != "Quyền sắp hết hạn." || !oa.Health.Expires.Equal(ends) || oa.LastIn != nil {
		t.Errorf("the account is %+v, its health %+v", oa, oa.Health)
	}
	if strings.Contains(string(a.body), "consent") {
		t.Errorf("the list tells an address that is for the administrator: %s", a.body)
	}

	boss := r.member(inbox.Member{Login: "boss", Role: inbox.Admin})
	r.do(r.ask(boss, http.MethodPost, "/channels/oa/connect", ""))
	rows := r.do(r.ask(boss, http.MethodGet, "/audit", ""))
	if !strings.Contains(string(rows.body), "channel.connecting") || strings.Contains(string(rows.body), "state=once") || strings.Contains(r.log.String(), "state=once") {
		t.Errorf("on record is %s", rows.body)
	}
}

// What the platform was told is listed, also when the rest failed, and the act is
// on record.
func TestAChannelIsInstalled(t *testing.T) {
	r := start(t)
	boss := r.member(inbox.Member{Login: "boss", Role: inbox.Admin})
	a := r.do(r.ask(boss, http.MethodPost, "/channels/oa/install", ""))
	r.want(a, http.StatusOK)
	var installed struct {
		Done    []string
		Problem string
	}
	if err := json.Unmarshal(a.body, &installed); err != nil || len(installed.Done) != 1 || installed.Done[0] != "Đã đặt webhook https://1022.example.vn/oa" || installed.Problem != halfDone {
		t.Errorf("the installation is answered %s (%v)", a.body, err)
	}
	rows := r.do(r.ask(boss, http.MethodGet, "/audit", ""))
	if !strings.Contains(string(rows.body), "channel.installing") {
		t.Errorf("on record is %s", rows.body)
	}
}

// A test message that nobody can be sent is an answer, not an error: it says why.
func TestATestOfAChannel(t *testing.T) {
	r := start(t)
	boss := r.member(inbox.Member{Login: "boss", Role: inbox.Admin})
	a := r.do(r.ask(boss, http.MethodPost, "/channels/oa/test", `{"by":"user","id":"7000000000000000042"}`))
	r.want(a, http.StatusOK)
	var tested struct {
		Message  *string
		Delivery struct{ State, Reason string }
	}
	if err := json.Unmarshal(a.body, &tested); err != nil || tested.Message != nil || tested.Delivery.State != "failed" || tested.Delivery.Reason != neverWrote {
		t.Errorf("the test is answered %s (%v)", a.body, err)
	}
	rows := r.do(r.ask(boss, http.MethodGet, "/audit", ""))
	if !strings.Contains(string(rows.body), "channel.tested") {
		t.Errorf("on record is %s", rows.body)
	}
}
