package api

import "testing"

// An operation that was renamed must not slip past the password.
func TestWhatNeedsAFreshPasswordExists(t *testing.T) {
	for operation := range proved {
		if contract()[operation] == nil && !uploads[operation] {
			t.Errorf("there is no operation %q", operation)
		}
	}
}
