package edge_test

import (
	"strings"
	"testing"

	"tongdai/connectors/edge"
)

func TestWhatIsSealedComesBackUnchangedOrNotAtAll(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	mac := func(of []byte) func([]byte) []byte {
		return func(body []byte) []byte { return edge.MAC(of, []byte("test"), body) }
	}
	body := []byte("phiếu\x00TH-1")
	text := edge.Sealed(body, mac(secret)(body))
	if got, ok := edge.Unsealed(text, mac(secret)); !ok || string(got) != string(body) {
		t.Errorf("opened: %q, %t", got, ok)
	}
	if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || strings.Count(text, ".") != 1 {
		t.Errorf("%q does not fit an address as it is", text)
	}
	for i := range text {
		for _, with := range []byte{'A', 'B', '.', '=', '%'} {
			if text[i] == with {
				continue
			}
			if _, ok := edge.Unsealed(text[:i]+string(with)+text[i+1:], mac(secret)); ok {
				t.Errorf("byte %d may be %c", i, with)
			}
		}
	}
	for what, other := range map[string]string{"nothing": "", "no seal": strings.Split(text, ".")[0], "an empty seal": strings.Split(text, ".")[0] + ".", "twice": text + "." + text} {
		if _, ok := edge.Unsealed(other, mac(secret)); ok {
			t.Errorf("%s opens", what)
		}
	}
	if _, ok := edge.Unsealed(text, mac([]byte("another"))); ok {
		t.Error("another secret opens it")
	}
}

func TestNoByteMovesFromOnePartOfAMACToTheNext(t *testing.T) {
	a := edge.MAC([]byte("s"), []byte("ab"), []byte("c"))
	for _, parts := range [][][]byte{{[]byte("a"), []byte("bc")}, {[]byte("abc")}, {[]byte("ab"), []byte("c"), nil}} {
		if string(edge.MAC([]byte("s"), parts...)) == string(a) {
			t.Errorf("%q has the same MAC", parts)
		}
	}
}
