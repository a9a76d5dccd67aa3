package messenger_test

import (
	"fmt"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/messenger/messengersim"
)

// Every code of Meta's table, and what is to be done about it.
func TestErrorTable(t *testing.T) {
	for _, tt := range []struct {
		code, subcode, status int
		transient             bool
		kind                  connectors.Kind
		after                 time.Duration
	}{
		{1, 0, 500, false, connectors.Retryable, 0},
		{2, 0, 500, true, connectors.Retryable, 0},
		{4, 0, 400, false, connectors.RateLimited, 5 * time.Minute},
		{32, 0, 403, false, connectors.RateLimited, 5 * time.Minute},
		{613, 0, 400, false, connectors.RateLimited, time.Minute},
		{613, 2018338, 400, false, connectors.RateLimited, time.Hour},
		{613, 2534040, 400, false, connectors.RateLimited, time.Minute},
		{80006, 0, 400, false, connectors.RateLimited, 5 * time.Minute},
		{10, 2018278, 400, false, connectors.WindowClosed, 0},
		{10, 2018065, 400, false, connectors.WindowClosed, 0},
		{10, 2534022, 400, false, connectors.WindowClosed, 0},
		{10, 2018108, 400, false, connectors.Permanent, 0},
		{10, 1893063, 403, false, connectors.Unauthorized, 0},
		{10, 0, 403, false, connectors.Unauthorized, 0},
		{100, 0, 400, false, connectors.Permanent, 0},
		{100, 0, 400, true, connectors.Retryable, 0},
		{100, 2018001, 400, false, connectors.Permanent, 0},
		{100, 2018008, 400, false, connectors.Retryable, 0},
		{100, 2018047, 400, false, connectors.Permanent, 0},
		{100, 2018074, 400, false, connectors.Retryable, 0},
		{100, 2018109, 400, false, connectors.Permanent, 0},
		{100, 2018164, 400, false, connectors.Permanent, 0},
		{100, 2018294, 400, false, connectors.Retryable, 0},
		{190, 0, 400, false, connectors.Unauthorized, 0},
		{190, 458, 400, false, connectors.Unauthorized, 0},
		{190, 460, 401, false, connectors.Unauthorized, 0},
		{190, 463, 401, false, connectors.Unauthorized, 0},
		{190, 467, 401, false, connectors.Unauthorized, 0},
		{200, 0, 403, false, connectors.Unauthorized, 0},
		{200, 1545041, 403, false, connectors.Permanent, 0},
		{200, 2018028, 403, false, connectors.Unauthorized, 0},
		{230, 0, 403, false, connectors.Unauthorized, 0},
		{368, 0, 400, false, connectors.Unauthorized, 0},
		{551, 1545041, 400, false, connectors.Permanent, 0},
		{10, 2018300, 403, false, connectors.Permanent, 0},
		{2018300, 0, 400, false, connectors.Permanent, 0},
		{2018321, 0, 400, false, connectors.Unauthorized, 0},
		{2022, 0, 400, false, connectors.Unauthorized, 0},
		{10903, 0, 400, false, connectors.Permanent, 0},
		{9000001, 0, 400, false, connectors.Permanent, 0},
		{777777, 0, 400, false, connectors.Permanent, 0},
		{777777, 0, 400, true, connectors.Retryable, 0},
		{777777, 0, 500, false, connectors.Retryable, 0},
	} {
		t.Run(fmt.Sprintf("%d/%d with %d, transient %v", tt.code, tt.subcode, tt.status, tt.transient), func(t *testing.T) {
			r := newRig(t)
			r.talking()
			r.sim.Fail(messengersim.Fault{On: messengersim.MessageEndpoint, Code: tt.code, Subcode: tt.subcode, Status: tt.status, Transient: tt.transient, Message: "no"})
			_, err := r.conn.Send(t.Context(), r.text("k1", "a"))
			wantKind(t, err, tt.kind)
			if after := connectors.RetryAfter(err); after != tt.after {
				t.Errorf("asks to wait %s, want %s", after, tt.after)
			}
			if connectors.ReasonOf(err) == "" && tt.code != 777777 {
				t.Errorf("%v has no words for people", err)
			}
		})
	}
	t.Run("a wrong app secret is the channel's trouble", func(t *testing.T) {
		r := newRig(t)
		r.talking()
		r.sim.Fail(messengersim.Fault{Code: 100, Message: "Invalid appsecret_proof provided in the API argument"})
		_, err := r.conn.Send(t.Context(), r.text("k1", "a"))
		wantKind(t, err, connectors.Unauthorized)
	})
}
