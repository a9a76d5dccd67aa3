package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/transfer"
)

// filled is a store's file with something in every bucket, closed.
type filled struct {
	path  string
	whole []byte    // as it was written
	live  []element // its records and rows of indexes
	pages []uint64  // that are in use
	seed  uint64
	*rand.Rand
}

func fill(t *testing.T, conversations int) *filled {
	t.Helper()
	f := &filled{path: filepath.Join(t.TempDir(), "hub.db"), seed: uint64(time.Now().UnixNano())}
	f.Rand = rand.New(rand.NewPCG(f.seed, 0))
	t.Logf("seed %d", f.seed)
	s := open(t, f.path, Options{})
	fillEverything(t, s, conversations)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := readPages(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	wrong, err := p.check(t.Context(), func(e element) {
		if e.bucket != "" && e.bucket != string(metaBucket) {
			f.live = append(f.live, element{bucket: e.bucket, key: bytes.Clone(e.key), value: bytes.Clone(e.value), offset: e.offset})
		}
	})
	if err != nil || len(wrong) > 0 {
		t.Fatalf("the walk through a sound file tells %q, %v", wrong, err)
	}
	for id, of := range p.used {
		if id > 1 && of != "các trang trống" {
			f.pages = append(f.pages, id)
		}
	}
	if f.whole, err = os.ReadFile(f.path); err != nil {
		t.Fatal(err)
	}
	return f
}

// damage writes the file with a change in it.
func (f *filled) damage(t *testing.T, change func(b []byte) []byte) {
	t.Helper()
	if err := os.WriteFile(f.path, change(bytes.Clone(f.whole)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// somewhere is a random bit of a live record, the key and the value taken together.
func (f *filled) somewhere() (of element, bit int64) {
	of = f.live[f.IntN(len(f.live))]
	return of, of.offset*8 + f.Int64N(int64(len(of.key)+len(of.value))*8)
}

func flip(bit int64) func([]byte) []byte {
	return func(b []byte) []byte {
		b[bit/8] ^= 1 << (bit % 8)
		return b
	}
}

// times is how often something is done, briefly and in full.
func times(briefly, inFull int) int {
	if os.Getenv("TONGDAI_LONG") != "" {
		return inFull
	}
	return briefly
}

func verified(t *testing.T, path string) *Verification {
	t.Helper()
	v, err := Verify(t.Context(), path, VerifyOptions{})
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return v
}

func TestASoundStoreIsFoundSound(t *testing.T) {
	f := fill(t, 12)
	files := 0
	v, err := Verify(t.Context(), f.path, VerifyOptions{File: func(id, carrier string) {
		if files++; id != aFile || !strings.Contains(carrier, "tin nhắn số 1 của cuộc hội thoại TH-261121-00") {
			t.Errorf("attachment %s of %q", id, carrier)
		}
	}})
	if err != nil || !v.Sound() || !v.Whole || files != 12 {
		t.Errorf("Verify = %+v, %v, with %d attachments", v, err, files)
	}
	if want := int64(len(f.live)); v.Records != want {
		t.Errorf("%d records were read, the pages hold %d", v.Records, want)
	}
	if after, err := os.ReadFile(f.path); err != nil || !bytes.Equal(after, f.whole) {
		t.Errorf("verifying has changed the file, %v", err)
	}
}

func TestEveryFlippedBitOfALiveRecordIsFound(t *testing.T) {
	f := fill(t, 12)
	rounds, found := times(60, 1000), 0
	for range rounds {
		of, bit := f.somewhere()
		f.damage(t, flip(bit))
		if v := verified(t, f.path); v.Sound() {
			t.Errorf("bit %d, in %q under %x, was not found", bit, of.bucket, of.key)
		} else {
			found++
		}
	}
	t.Logf("%d of %d flipped bits found", found, rounds)
}

// TestTheBareEngineFindsNone is why records bear checksums.
func TestTheBareEngineFindsNone(t *testing.T) {
	f := fill(t, 12)
	rounds, found := times(40, 200), 0
	for range rounds {
		of := f.live[f.IntN(len(f.live))]
		for len(of.value) == 0 {
			of = f.live[f.IntN(len(f.live))]
		}
		f.damage(t, flip((of.offset+int64(len(of.key)))*8+f.Int64N(int64(len(of.value))*8)))
		db, err := bolt.Open(f.path, 0o600, &bolt.Options{ReadOnly: true})
		if err != nil {
			found++
			continue
		}
		wrong := 0
		err = db.View(func(tx *bolt.Tx) error {
			for range tx.Check() {
				wrong++
			}
			if bytes.Equal(tx.Bucket([]byte(of.bucket)).Get(of.key), of.value) {
				t.Error("the value is as it was: nothing was damaged")
			}
			return nil
		})
		if err := errors.Join(err, db.Close()); err != nil || wrong > 0 {
			found++
		}
	}
	t.Logf("the engine alone found %d of %d flipped bits, and gave out the rest as good", found, rounds)
	if found > 0 {
		t.Errorf("the engine has found %d: tell so in docs/operate/storage.md", found)
	}
}

func TestADamagedRecordIsNeverShownAsGood(t *testing.T) {
	f := fill(t, 12)
	sound, _ := everything(t, f.path)
	refused := 0
	for range times(40, 400) {
		of, bit := f.somewhere()
		f.damage(t, flip(bit))
		shown, err := everything(t, f.path)
		if err != nil {
			refused++
			continue
		}
		for what, words := range shown {
			if want, known := sound[what]; words != damaged && (!known || words != want) {
				t.Errorf("bit %d, in %q under %x: %s is shown as %q, was %q", bit, of.bucket, of.key, what, words, want)
			}
		}
	}
	t.Logf("%d stores could not be opened", refused)
}

// damaged stands for what is shown instead of something that is damaged.
const damaged = "(damaged)"

// everything is what a hub would show, by what it is.
func everything(t *testing.T, path string) (map[string]string, error) {
	t.Helper()
	s, err := Open(path, Options{Now: func() time.Time { return noon }})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	shown := make(map[string]string)
	err = s.View(t.Context(), func(tx inbox.Reader) error {
		page, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}})
		for _, c := range page {
			said, err := tx.Messages(c.ID, inbox.MessageQuery{})
			if err != nil {
				return err
			}
			for _, m := range said {
				words := m.Content.Text
				if m.ID == "" {
					words = damaged
				}
				shown[fmt.Sprint("message ", m.Seq, " of ", c.Code)] = words
			}
			if p, err := tx.Contact(c.Contact); err == nil {
				shown["contact "+string(c.Contact)] = p.Name
			} else if !errors.Is(err, inbox.ErrDamaged) && !errors.Is(err, inbox.ErrNotFound) {
				return err
			}
		}
		return err
	})
	return shown, err
}

func TestStructuralDamageIsToldAndNothingPanics(t *testing.T) {
	f := fill(t, 60)
	const page = 4096
	for _, tt := range []struct {
		name   string
		change func(b []byte) []byte
	}{
		{"cut off", func(b []byte) []byte { return b[:f.Uint64N(slices.Max(f.pages)*page)] }},
		{"a page of zeros", func(b []byte) []byte {
			clear(b[f.pages[f.IntN(len(f.pages))]*page:][:page])
			return b
		}},
		{"two pages exchanged", func(b []byte) []byte {
			for {
				i, j := f.pages[f.IntN(len(f.pages))]*page, f.pages[f.IntN(len(f.pages))]*page
				if i != j && !bytes.Equal(b[i:i+page], b[j:j+page]) {
					first := bytes.Clone(b[i : i+page])
					copy(b[i:i+page], b[j:j+page])
					copy(b[j:j+page], first)
					return b
				}
			}
		}},
		{"rubbish in a page", func(b []byte) []byte {
			at := f.pages[f.IntN(len(f.pages))] * page
			for i := range 64 {
				b[at+uint64(i)] = byte(f.Uint32())
			}
			return b
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opened := 0
			for range times(12, 100) {
				f.damage(t, tt.change)
				if v := verified(t, f.path); v.Sound() {
					t.Error("nothing was found")
				}
				if s, err := Open(f.path, Options{}); err == nil {
					t.Errorf("the hub starts with it: %v", s.Close())
				} else if !strings.Contains(err.Error(), "tongdai restore") {
					t.Errorf("refused without the way back: %v", err)
				}
				// As in a file too large to be read when the hub starts.
				s, err := Open(f.path, Options{Now: func() time.Time { return noon }, checked: 1})
				if err != nil {
					continue
				}
				opened++
				readAll(t, s)
				writeSome(t, s)
				_ = s.Close() // returns; what it says of the broken file does not matter
			}
			t.Logf("%d were opened, their damage being where it is not read at first", opened)
		})
	}
}

// readAll reads what may be damaged: errors are well, panics are not.
func readAll(t *testing.T, s *Store) {
	t.Helper()
	for i := range 60 {
		_ = s.View(t.Context(), func(tx inbox.Reader) error {
			_, _ = tx.Messages(inbox.ConversationID(fmt.Sprintf("c%04d", i)), inbox.MessageQuery{})
			_, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}})
			return err
		})
	}
	if _, err := s.Verify(t.Context(), VerifyOptions{}); err != nil && !errors.Is(err, inbox.ErrUnavailable) {
		t.Errorf("verified while open: %v", err)
	}
}

func writeSome(t *testing.T, s *Store) {
	t.Helper()
	for i := range 5 {
		_ = s.Update(t.Context(), func(tx inbox.Writer) error { return fillConversation(tx, 100+i) })
	}
}

func TestWhatIsHitIsToldInWords(t *testing.T) {
	f := fill(t, 3)
	for bucket, want := range map[string]string{
		"messages":      "tin nhắn số 1 của cuộc hội thoại TH-261121-0001: nội dung không khớp tổng kiểm",
		"conversations": "cuộc hội thoại TH-261121-0001: nội dung không khớp tổng kiểm",
		"contacts":      "thông tin người dân p0000: nội dung không khớp",
		"tasks":         "việc đang chờ (xét tin bằng bot) của cuộc hội thoại TH-261121-0001: nội dung không khớp",
		"papers":        "mục của danh sách answers a1: nội dung không khớp",
		"identities":    "danh tính của một người dân trên kênh web: nội dung không khớp",
	} {
		for _, e := range f.live {
			if e.bucket == bucket {
				f.damage(t, flip((e.offset+int64(len(e.key))+20)*8))
				break
			}
		}
		told := ""
		for _, finding := range verified(t, f.path).Findings {
			told += finding.Words + "\n"
		}
		if !strings.Contains(told, want) {
			t.Errorf("damage in %s is told as\n%s\nwant %q", bucket, told, want)
		}
	}
}

func TestAStoreInUseIsVerifiedByWhoHasIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	s := open(t, path, Options{})
	defer s.Close()
	fillEverything(t, s, 5)
	if _, err := Verify(t.Context(), path, VerifyOptions{}); !errors.Is(err, transfer.ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("by another: %v, want ErrInUse with the number of the process", err)
	}
	v, err := s.Verify(t.Context(), VerifyOptions{})
	if err != nil || !v.Sound() || v.Records == 0 {
		t.Errorf("by who has it: %+v, %v", v, err)
	}
}
