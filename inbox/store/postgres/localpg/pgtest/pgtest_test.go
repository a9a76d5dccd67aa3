package pgtest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tongdai/inbox/store/postgres/localpg"
)

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper()                     {}
func (r *recorder) Skipf(f string, args ...any) { r.skipped = fmt.Sprintf(f, args...) }
func (r *recorder) Fatal(args ...any)           { r.failed = fmt.Sprint(args...) }

func TestAMissingProgramSkipsLoudlyAndFailsWhereItIsNeeded(t *testing.T) {
	missing := fmt.Errorf("%w: sudo apt-get install postgresql", localpg.ErrMissing)
	tests := []struct {
		name, needed    string
		err             error
		skipped, failed string
	}{
		{"nothing is wrong", "1", nil, "", ""},
		{"missing is skipped", "", missing, "apt-get install postgresql", ""},
		{"missing where it is needed fails", "1", missing, "", "apt-get install postgresql"},
		{"another error always fails", "", errors.New("disk full"), "", "disk full"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(Needed, test.needed)
			r := &recorder{TB: t}
			need(r, test.err)
			for _, end := range []struct{ what, got, want string }{{"skipped", r.skipped, test.skipped}, {"failed", r.failed, test.failed}} {
				if (end.want == "") != (end.got == "") || !strings.Contains(end.got, end.want) {
					t.Errorf("%s with %q, want %q", end.what, end.got, end.want)
				}
			}
		})
	}
}
