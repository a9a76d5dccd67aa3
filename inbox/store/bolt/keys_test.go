package bolt

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestKeysSortAsTheirPartsDo(t *testing.T) {
	// Few letters, so that parts often begin alike.
	part := rapid.StringOfN(rapid.SampledFrom([]rune{0, 1, 'a', 'b', 0xFF, 'đ'}), 0, 4, -1)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(part, 3, 3)
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		keyA, keyB := textKey(a...), textKey(b...)
		if got, want := bytes.Compare(keyA, keyB), slices.Compare(a, b); got != want {
			t.Fatalf("%q and %q compare as %d, their keys as %d", a, b, want, got)
		}
		if bytes.HasPrefix(keyA, prefixOf(b[0])) != (a[0] == b[0]) {
			t.Fatalf("the key of %q is taken for one under %q", a, b[0])
		}
		numberA, numberB := rapid.Uint64().Draw(t, "number a"), rapid.Uint64().Draw(t, "number b")
		keyA, keyB = appendNumber(prefixOf(a[0]), numberA), appendNumber(prefixOf(b[0]), numberB)
		if got, want := bytes.Compare(keyA, keyB), cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(numberA, numberB)); got != want {
			t.Fatalf("%q, %d and %q, %d compare as %d, their keys as %d", a[0], numberA, b[0], numberB, want, got)
		}
	})
}

func FuzzCutText(f *testing.F) {
	f.Add("list/x", "rank", "id")
	f.Add("\x00\xff", "\x00", "\x00\x00")
	f.Fuzz(func(t *testing.T, a, b, last string) {
		first, rest, ok := cutText(textKey(a, b, last))
		second, rest, ok2 := cutText(rest)
		if !ok || !ok2 || first != a || second != b || string(rest) != last {
			t.Errorf("%q, %q, %q came back as %q, %q, %q", a, b, last, first, second, rest)
		}
		_, _, _ = cutText([]byte(last)) // whatever it holds
	})
}
