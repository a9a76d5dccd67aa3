package mattermosttest

import (
	"fmt"
	"strings"
	"testing"
)

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper()                     {}
func (r *recorder) Skipf(f string, args ...any) { r.skipped = fmt.Sprintf(f, args...) }
func (r *recorder) Fatal(args ...any)           { r.failed = fmt.Sprint(args...) }

func TestAServerThatIsNotBuiltSkipsLoudlyAndFailsWhereItIsNeeded(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(Program, "")
	t.Setenv(Needed, "")
	r := &recorder{TB: t}
	if need(r); r.failed != "" || !strings.Contains(r.skipped, "NOT TESTED") || !strings.Contains(r.skipped, "make mattermost") {
		t.Errorf("skipped with %q, failed with %q", r.skipped, r.failed)
	}
	t.Setenv(Needed, "1")
	r = &recorder{TB: t}
	if need(r); r.skipped != "" || !strings.Contains(r.failed, "make mattermost") {
		t.Errorf("skipped with %q, failed with %q", r.skipped, r.failed)
	}
}
