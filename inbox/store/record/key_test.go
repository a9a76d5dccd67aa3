package record

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestKeysTellTheirPartsApart(t *testing.T) {
	part := rapid.StringOfN(rapid.SampledFrom([]rune{'1', ':', 'k', 's', 'đ', 0}), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOf(part).Draw(t, "a"), rapid.SliceOf(part).Draw(t, "b")
		if same := slices.Equal(a, b); bytes.Equal(Key(a...), Key(b...)) != same {
			t.Fatalf("the keys of %q and %q are %q and %q", a, b, Key(a...), Key(b...))
		}
		if parts, ok := KeyParts(Key(a...)); !ok || !slices.Equal(parts, a) {
			t.Fatalf("%q came back as %q, %v", a, parts, ok)
		}
	})
}

func TestLongKeysAreSummedUp(t *testing.T) {
	long := strings.Repeat("x", longKey)
	key := Key("web", long)
	if len(key) != 33 || bytes.Equal(key, Key("web", long+"x")) {
		t.Errorf("the key of a long text is %q", key)
	}
	if parts, ok := KeyParts(key); ok {
		t.Errorf("a sum was read as %q", parts)
	}
}

func FuzzKeyParts(f *testing.F) {
	f.Add([]byte("k3:web2:v1"))
	f.Add([]byte("k9:short"))
	f.Add([]byte("k-1:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, ok := KeyParts(b)
		if !ok {
			return
		}
		if again, ok := KeyParts(Key(parts...)); len(b) < longKey && (!ok || !slices.Equal(again, parts)) {
			t.Errorf("%q was read as %q, and then as %q", b, parts, again)
		}
	})
}
