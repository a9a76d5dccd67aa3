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
	if !oa.Checks || !oa.Connects || oa.Health == nil || !oa.Health.OK || oa.Health.Problem != "Quyền sắp hết hạn." || !oa.Health.Expires.Equal(ends) || oa.LastIn != nil {
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
