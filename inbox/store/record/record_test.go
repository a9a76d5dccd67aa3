package record

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongdai/inbox"
)

// TestEveryFieldIsKept fails when the domain has a field that no shape maps.
func TestEveryFieldIsKept(t *testing.T) {
	keeps(t, "conversation", Conversations)
	keeps(t, "message", Messages)
	keeps(t, "contact", Contacts)
	keeps(t, "identity", Identities)
	keeps(t, "member", Members)
	keeps(t, "session", Sessions)
	keeps(t, "secret", Secrets)
	keeps(t, "raw", Raws)
	keeps(t, "quarantined", Quarantined)
	keeps(t, "task", Tasks)
	keeps(t, "turn", Turns)
	keeps(t, "event", Events)
	keeps(t, "audit", Audits)
	keeps(t, "entry", Entries)
	keeps(t, "import", Imports)
}

func keeps[D any](t *testing.T, name string, codec Codec[D]) {
	t.Run(name, func(t *testing.T) {
		var filled, empty D
		n := 0
		fill(t, reflect.ValueOf(&filled).Elem(), &n)
		for _, want := range []D{filled, empty} {
			b, err := codec.Encode(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("read back as\n%+v\nwritten as\n%+v", got, want)
			}
			if kept := codec.AsKept(want); !reflect.DeepEqual(kept, got) {
				t.Errorf("AsKept differs from what is read back:\n%+v\n%+v", kept, got)
			}
		}
	})
}

func TestACloneOfAConversationSharesNothing(t *testing.T) {
	var c inbox.Conversation
	n := 0
	fill(t, reflect.ValueOf(&c).Elem(), &n)
	clone := c.Clone()
	if !reflect.DeepEqual(clone, c) {
		t.Fatalf("the clone is\n%+v\nof\n%+v", clone, c)
	}
	shared(t, "conversation", reflect.ValueOf(c), reflect.ValueOf(clone))
}

// shared fails t for everything below two values that is one memory.
func shared(t *testing.T, name string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", name)
		}
	}
	switch {
	case a.Type() == reflect.TypeFor[time.Time]():
	case a.Kind() == reflect.Pointer:
		shared(t, name, a.Elem(), b.Elem())
	case a.Kind() == reflect.Slice:
		for i := range a.Len() {
			shared(t, fmt.Sprintf("%s[%d]", name, i), a.Index(i), b.Index(i))
		}
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			shared(t, name+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
}

// fill gives every field below v a value of its own that is not zero.
func fill(t *testing.T, v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 11, 21, 7, 8, 9, *n, time.UTC)))
		return
	case v.Type() == reflect.TypeFor[[]byte]():
		v.SetBytes([]byte{0, 0xFF, byte(*n)})
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("chữ <&> \x00 \u2028 🌧 %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(^uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) / 7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("a domain type has a field of kind %s; teach this test to fill it", v.Kind())
	}
}

func TestAnyFlippedBitIsFound(t *testing.T) {
	whole, err := Messages.Encode(inbox.Message{ID: "m1", Conversation: "c1", Seq: 3, Key: "zalo:1"})
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(whole) * 8 {
		b := bytes.Clone(whole)
		b[bit/8] ^= 1 << (bit % 8)
		if m, err := Messages.Decode(b); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
			t.Fatalf("with bit %d flipped it was read as %+v, error %v", bit, m, err)
		}
	}
	for size := range whole {
		if _, err := Messages.Decode(whole[:size]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: error %v, want ErrDamaged", size, err)
		}
	}
}

func TestInstants(t *testing.T) {
	hanoi := time.FixedZone("", 7*3600)
	for _, tt := range []struct {
		name     string
		in, want time.Time
	}{
		{"the zero time stays the zero time", time.Time{}, time.Time{}},
		{"nanoseconds and the instant are kept, the zone is not", time.Date(2026, 11, 21, 7, 0, 0, 1, hanoi), time.Date(2026, 11, 21, 0, 0, 0, 1, time.UTC)},
		{"the instant of 1970 is not taken for the zero time", time.Unix(0, 0), time.Unix(0, 1).UTC()},
		{"before 1970", time.Date(1954, 5, 7, 0, 0, 0, 0, time.UTC), time.Date(1954, 5, 7, 0, 0, 0, 0, time.UTC)},
		{"a broken clock's far future becomes the end of what is kept", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), latest.UTC()},
		{"a broken clock's far past becomes its beginning", time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC), earliest.UTC()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := keepTime(tt.in).time(); got != tt.want {
				t.Errorf("%v is read back as %v, want %v", tt.in, got, tt.want)
			}
		})
	}
}

func TestCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.StringMatching(`[0-9a-z]*`).Draw(t, "rank")
		id := inbox.ConversationID(rapid.String().Draw(t, "id"))
		c := Cursor(rank, id)
		if strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("%q has characters that a URL would change", c)
		}
		gotRank, gotID, err := ParseCursor(c)
		if err != nil || gotRank != rank || gotID != id {
			t.Fatalf("read back as %q, %q, %v", gotRank, gotID, err)
		}
		i := rapid.IntRange(0, len(c)-1).Draw(t, "changed at")
		changed := []byte(c)
		changed[i] = rapid.SampledFrom([]byte("AZaz09-_ =")).Filter(func(b byte) bool { return b != c[i] }).Draw(t, "to")
		var invalid inbox.Invalid
		if _, _, err := ParseCursor(inbox.Cursor(changed)); !errors.As(err, &invalid) {
			t.Fatalf("%q, changed to %q, was accepted: %v", c, changed, err)
		}
	})
}

func TestCode(t *testing.T) {
	lateEvening := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC) // midnight in Viet Nam
	for n, want := range map[uint64]string{42: "TH-261121-0042", 9999: "TH-261121-9999", 10000: "TH-261121-10000"} {
		if got := Code("TH", CodeDay(lateEvening), n); got != want {
			t.Errorf("code %d is %s, want %s", n, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	m, _ := Messages.Encode(inbox.Message{ID: "m"})
	r, _ := Raws.Encode(inbox.Raw{ID: "r"})
	f.Add(m)
	f.Add(r)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		// Sealed, so that what lies behind the checksum is reached as well.
		for _, b := range [][]byte{b, Seal(b)} {
			if r, err := Raws.Decode(b); err == nil {
				again, err := Raws.Encode(r)
				if err != nil {
					t.Fatal(err)
				}
				if back, err := Raws.Decode(again); err != nil || !reflect.DeepEqual(back, r) {
					t.Fatalf("%+v came back as %+v, %v", r, back, err)
				}
			}
			_, _ = Messages.Decode(b)
		}
	})
}
