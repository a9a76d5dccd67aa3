package letter

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, vietnam)

func replyKey(t testing.TB, address, separator string) ReplyKey {
	t.Helper()
	k, err := NewReplyKey([]byte("a secret for tests"), address, separator)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTheCodeOfAReplyAddressIsTheBase32OfAnHMAC(t *testing.T) {
	// HMAC-SHA256(key "replyKey1022", "conv:4711"), first ten bytes.
	if got := shortMAC([]byte("replyKey1022"), "conv:4711"); got != "z33lsfhhzdw52nqx" {
		t.Errorf("the code is %q", got)
	}
}

func TestAReplyAddressNamesItsMatterUntilItsDayIsOver(t *testing.T) {
	for _, c := range []struct{ name, address, separator, matter string }{
		{"an id of the hub", "1022@thanhhoa.gov.vn", "+", "019ab3f27c5e7d1e8a4b5c6d7e8f9012"},
		{"a short id", "1022@thanhhoa.gov.vn", "+", "7k2m"},
		{"an id of 26 characters", "1022@thanhhoa.gov.vn", "+", "abcdefghijklmnopqrstuvwxyz"},
		{"a dash as separator", "phan-anh@thanhhoa.gov.vn", "-", "019ab3f27c5e7d1e8a4b5c6d7e8f9012"},
		{"an id that begins with x", "1022@thanhhoa.gov.vn", "+", "x1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := replyKey(t, c.address, c.separator)
			address, err := k.Address(c.matter, monday.AddDate(0, 0, 30))
			if err != nil {
				t.Fatal(err)
			}
			if local, _, _ := strings.Cut(address, "@"); len(local) > 64 || local != strings.ToLower(local) {
				t.Errorf("the local part of %s has %d octets", address, len(local))
			}
			for _, as := range []string{address, strings.ToUpper(address)} {
				if matter, err := k.Check(as, monday.AddDate(0, 0, 30)); err != nil || matter != c.matter {
					t.Errorf("Check(%s) = %q, %v, want %q", as, matter, err, c.matter)
				}
			}
			if matter, err := k.Check(address, monday.AddDate(0, 0, 31)); !errors.Is(err, ErrOver) || matter != c.matter {
				t.Errorf("a day later Check = %q, %v, want ErrOver", matter, err)
			}
		})
	}
}

func TestAReplyAddressIsGoodToTheEndOfItsDayInVietNam(t *testing.T) {
	k := replyKey(t, "1022@thanhhoa.gov.vn", "+")
	address, err := k.Address("m1", monday)
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, vietnam)
	if _, err := k.Check(address, midnight.Add(-time.Second)); err != nil {
		t.Errorf("a second before midnight: %v", err)
	}
	if _, err := k.Check(address, midnight); !errors.Is(err, ErrOver) {
		t.Errorf("at midnight: %v, want ErrOver", err)
	}
}

func TestAReplyAddressThatWasTouchedOpensNothing(t *testing.T) {
	k := replyKey(t, "1022@thanhhoa.gov.vn", "+")
	address, err := k.Address("019ab3f27c5e7d1e8a4b5c6d7e8f9012", monday.AddDate(0, 0, 30))
	if err != nil {
		t.Fatal(err)
	}
	at := strings.IndexByte(address, '@')
	for i := range at {
		touched := []byte(address)
		if touched[i]++; touched[i] == '@' {
			touched[i]++
		}
		if matter, err := k.Check(string(touched), monday); err == nil {
			t.Errorf("%s opens %s", touched, matter)
		}
		if matter, err := k.Check(address[:i]+address[i+1:], monday); err == nil {
			t.Errorf("%s opens %s", address[:i]+address[i+1:], matter)
		}
	}
	other, err := NewReplyKey([]byte("another secret than that"), "1022@thanhhoa.gov.vn", "+")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Check(address, monday); !errors.Is(err, ErrForged) {
		t.Errorf("under another key: %v, want ErrForged", err)
	}
}

func TestAddressesWithoutAKey(t *testing.T) {
	k := replyKey(t, "1022@thanhhoa.gov.vn", "+")
	for _, address := range []string{"", "@", "1022@thanhhoa.gov.vn", "1022+@thanhhoa.gov.vn", "1022+a-b@thanhhoa.gov.vn", "1022+m-1-a-b@thanhhoa.gov.vn",
		"1022+m-1-aaaaaaaaaaaaaaaa@example.net", "1023+m-1-aaaaaaaaaaaaaaaa@thanhhoa.gov.vn", strings.Repeat("a", 400) + "@thanhhoa.gov.vn"} {
		if _, err := k.Check(address, monday); !errors.Is(err, ErrNoKey) {
			t.Errorf("Check(%q) = %v, want ErrNoKey", address, err)
		}
	}
	plain := replyKey(t, "1022@thanhhoa.gov.vn", "")
	if address, err := plain.Address("m1", monday); err != nil || address != "1022@thanhhoa.gov.vn" {
		t.Errorf("without sub-addresses Address = %q, %v", address, err)
	}
}

func TestWhatCannotBeNamedInAnAddressIsRefused(t *testing.T) {
	k := replyKey(t, "1022@thanhhoa.gov.vn", "+")
	for _, matter := range []string{"", "A1", "a b", "a@b", "a-b", "a\r\nb", strings.Repeat("a", 27), "đ"} {
		if address, err := k.Address(matter, monday); err == nil {
			t.Errorf("matter %q became %s", matter, address)
		}
	}
	long := replyKey(t, "hop-thu-phan-anh-kien-nghi@thanhhoa.gov.vn", "+")
	if address, err := long.Address("019ab3f27c5e7d1e8a4b5c6d7e8f9012", monday); err == nil {
		t.Errorf("an address with a local part that is too long: %s", address)
	}
	for _, c := range []struct{ secret, address, separator string }{{"short", "a@b.vn", "+"}, {"a secret for tests", "ab.vn", "+"}, {"a secret for tests", "a@b.vn", "_"}} {
		if _, err := NewReplyKey([]byte(c.secret), c.address, c.separator); err == nil {
			t.Errorf("NewReplyKey(%q, %q, %q) was taken", c.secret, c.address, c.separator)
		}
	}
}

func TestTheKeyIsFoundWhereverALetterWasAddressedTo(t *testing.T) {
	k := replyKey(t, "1022@thanhhoa.gov.vn", "+")
	good, _ := k.Address("m1", monday)
	second, _ := k.Address("m2", monday)
	over, _ := k.Address("m3", monday.AddDate(0, 0, -1))
	forged := strings.Replace(good, "m1", "m9", 1)
	plain := "1022@thanhhoa.gov.vn"
	for _, c := range []struct {
		name   string
		letter Letter
		matter string
		err    error
	}{
		{"in To", Letter{To: []Address{{Address: plain}, {Address: good}}}, "m1", nil},
		{"in Cc", Letter{To: []Address{{Address: plain}}, Cc: []Address{{Address: good}}}, "m1", nil},
		{"where the server delivered it", Letter{To: []Address{{Address: plain}}, DeliveredTo: []string{good}}, "m1", nil},
		{"twice", Letter{To: []Address{{Address: good}}, DeliveredTo: []string{good}}, "m1", nil},
		{"beside one that is over", Letter{To: []Address{{Address: over}, {Address: good}}}, "m1", nil},
		{"two matters", Letter{To: []Address{{Address: good}, {Address: second}}}, "", ErrForged},
		{"only one that is over", Letter{To: []Address{{Address: plain}, {Address: over}}}, "m3", ErrOver},
		{"only a forged one", Letter{To: []Address{{Address: forged}}}, "", ErrForged},
		{"none", Letter{To: []Address{{Address: plain}}}, "", ErrNoKey},
	} {
		if matter, err := k.Find(c.letter, monday); matter != c.matter || !errors.Is(err, c.err) {
			t.Errorf("%s: Find = %q, %v, want %q, %v", c.name, matter, err, c.matter, c.err)
		}
	}
}
