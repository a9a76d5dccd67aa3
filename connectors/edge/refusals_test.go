package edge_test

import (
	"testing"
	"time"

	"tongdai/connectors/edge"
)

func TestRefusalsAreToldNowAndThen(t *testing.T) {
	now := time.Unix(1767225600, 0)
	var r edge.Refusals
	var told []int
	for range 4 {
		told = append(told, r.Add(now))
		now = now.Add(30 * time.Second)
	}
	if told[0] != 1 || told[1] != 0 || told[2] != 2 || told[3] != 0 {
		t.Errorf("told in the log are %v, want 1, 0, 2, 0", told)
	}
	if n := r.Recent(now); n != 4 {
		t.Errorf("%d are recent, want 4", n)
	}
	if n := r.Recent(now.Add(11 * time.Minute)); n != 0 {
		t.Errorf("%d are recent after a while, want none", n)
	}
	r.Genuine()
	if n := r.Recent(now); n != 0 {
		t.Errorf("%d are recent after a genuine one, want none", n)
	}
}
