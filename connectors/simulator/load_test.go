package simulator_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"tongdai/connectors/simulator"
)

func TestLoad(t *testing.T) {
	var mu sync.Mutex
	said := map[string][]string{}
	say := func(user, text string) (time.Duration, int, error) {
		mu.Lock()
		defer mu.Unlock()
		said[user] = append(said[user], text)
		return time.Duration(len(said[user])) * time.Second, 2, nil
	}
	named := func(name string) string { return name }
	report, err := simulator.Load(t.Context(), simulator.Crowd{Senders: 3, Citizens: 7, Each: 4}, named, say)
	if err != nil || report.Sent != 28 || report.Acked != 28 || report.Tries != 56 || len(report.Users) != 7 || len(report.Waits) != 28 {
		t.Errorf("Load = %+v, %v", report, err)
	}
	if got := said["Người dân 7"]; len(got) != 4 || got[3] != "Câu hỏi số 4 của người dân 7" {
		t.Errorf("the last citizen said %q", got)
	}
	if report.Quantile(0) != time.Second || report.Quantile(0.5) != 3*time.Second || report.Quantile(1) != 4*time.Second {
		t.Errorf("the waits are %v", report.Waits)
	}
}

func TestALoadThatFails(t *testing.T) {
	broken := errors.New("nobody acknowledges")
	say := func(int, string) (time.Duration, int, error) { return 0, 3, broken }
	report, err := simulator.Load(t.Context(), simulator.Crowd{Senders: 1, Citizens: 5}, func(string) int { return 1 }, say)
	if !errors.Is(err, broken) || report.Sent != 1 || report.Tries != 3 || report.Acked != 0 || report.Quantile(0.5) != 0 {
		t.Errorf("Load = %+v, %v", report, err)
	}
	pace := func(context.Context) error { return broken }
	report, err = simulator.Load(t.Context(), simulator.Crowd{Pace: pace}, func(string) int { return 1 }, say)
	if !errors.Is(err, broken) || report.Sent != 0 || len(report.Users) != 64 {
		t.Errorf("with a pace that fails: %+v, %v", report, err)
	}
}
