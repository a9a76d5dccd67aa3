package kb_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"tongdai/kb"
	"tongdai/kb/kbtest"
)

func published(id kb.EntryID, question, answer string, variants ...string) kb.Entry {
	return kb.Entry{ID: id, Question: question, Answer: answer, Variants: variants, Status: kb.Published, Version: 1}
}

func smallBase() []kb.Entry {
	return []kb.Entry{
		published("TIEM", "Đăng ký tiêm vắc xin ở đâu?", "Tại trạm y tế xã, phường.", "Chích ngừa đăng ký chỗ nào"),
		published("CCCD", "Làm căn cước công dân cần giấy tờ gì?", "Mang theo giấy khai sinh đến công an huyện."),
		published("RAC", "Phản ánh rác thải đổ bừa bãi tới cơ quan nào?", "Gọi ủy ban nhân dân xã, phường."),
		published("DIEN", "Mất điện kéo dài thì báo cho ai?", "Gọi tổng đài điện lực 19006769."),
	}
}

func first(t *testing.T, s kb.Searcher, question string) kb.Hit {
	t.Helper()
	hits, err := s.Search(t.Context(), question, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(hits) == 0 {
		return kb.Hit{}
	}
	return hits[0]
}

func TestSearchUnderstandsHowCitizensType(t *testing.T) {
	ix := openIndex(t, smallBase())
	for _, tt := range []struct {
		name, question string
		want           kb.EntryID
	}{
		{"as written", "Đăng ký tiêm vắc xin ở đâu?", "TIEM"},
		{"without marks", "dang ky tiem vac xin o dau", "TIEM"},
		{"chat abbreviations", "đki tiêm vx ở đâu z ad", "TIEM"},
		{"raw Telex", "ddawng kys tieem vawsc xin", "TIEM"},
		{"raw VNI", "la2m ca8n cu7o7c1 co6ng da6n", "CCCD"},
		{"joined words", "làm căncước côngdân", "CCCD"},
		{"another wording", "chích ngừa chỗ nào", "TIEM"},
		{"the office's word for the everyday one", "làm cccd cần gì", "CCCD"},
		{"a slip of the finger", "phản ánh rác thỉa đổ bừa bãi", "RAC"},
		{"by ear", "mất điện kéo rài báo ai", "DIEN"},
		{"words of the answer", "gọi điện lực", "DIEN"},
		{"courtesy around it", "Dạ chào anh chị, cho em hỏi mất điện thì báo ai ạ, em cảm ơn nhiều", "DIEN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := first(t, ix, tt.question); got.Entry.ID != tt.want {
				t.Errorf("%q finds %q, want %q", tt.question, got.Entry.ID, tt.want)
			}
		})
	}
}

func TestSearchShowsTheWordsThatSpokeForAHit(t *testing.T) {
	hit := first(t, openIndex(t, smallBase()), "Nhà tôi mất ĐIỆN, báo ai?")
	if !slices.Contains(hit.Matched, "ĐIỆN") || !slices.Contains(hit.Matched, "mất") || slices.Contains(hit.Matched, "Nhà") {
		t.Errorf("matched %q, want mất and ĐIỆN as typed, and not Nhà", hit.Matched)
	}
}

func TestWordsWithoutMarksAreShownWhenTheyMayTellSomething(t *testing.T) {
	hit := first(t, openIndex(t, smallBase()), "lam the can cuoc o dau")
	if hit.Entry.ID != "CCCD" || !slices.Contains(hit.Matched, "can") || !slices.Contains(hit.Matched, "cuoc") {
		t.Errorf("%s matched %q, want CCCD with can and cuoc", hit.Entry.ID, hit.Matched)
	}
}

func TestSearchOfNothingHasNoHits(t *testing.T) {
	ix := openIndex(t, smallBase())
	for _, question := range []string{"", "   ", "😷😷", "?!"} {
		hits, err := ix.Search(t.Context(), question, 3)
		if err != nil || len(hits) > 0 {
			t.Errorf("%q: %d hits, %v", question, len(hits), err)
		}
	}
}

func TestOnlyEntriesThatAnswerNowAreFound(t *testing.T) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	entry := func(change func(*kb.Entry)) kb.Entry {
		e := published("E", "Đăng ký tiêm vắc xin ở đâu?", "Tại trạm.")
		change(&e)
		return e
	}
	for _, tt := range []struct {
		name  string
		entry kb.Entry
		want  bool
	}{
		{"published", entry(func(*kb.Entry) {}), true},
		{"a draft", entry(func(e *kb.Entry) { e.Status = kb.Draft }), false},
		{"retired", entry(func(e *kb.Entry) { e.Status = kb.Retired }), false},
		{"not yet valid", entry(func(e *kb.Entry) { e.ValidFrom = noon.Add(time.Hour) }), false},
		{"valid until today", entry(func(e *kb.Entry) { e.ValidUntil = noon.Truncate(24 * time.Hour) }), true},
		{"valid until yesterday", entry(func(e *kb.Entry) { e.ValidUntil = noon.Truncate(24*time.Hour).AddDate(0, 0, -1) }), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ix := openIndex(t, []kb.Entry{tt.entry})
			ix.Now = func() time.Time { return noon }
			if got := first(t, ix, "tiêm vắc xin ở đâu").Entry.ID == "E"; got != tt.want {
				t.Errorf("found: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestPutAndRemoveShowAtOnce(t *testing.T) {
	ix := openIndex(t, smallBase())
	must(t, ix.Put(published("HOCPHI", "Học phí trường mầm non công lập là bao nhiêu?", "Theo nghị quyết.")))
	if got := first(t, ix, "học phí mầm non").Entry.ID; got != "HOCPHI" {
		t.Errorf("after Put: %q", got)
	}
	changed := published("HOCPHI", "Tiền ăn bán trú bao nhiêu?", "Theo thỏa thuận.")
	must(t, ix.Put(changed))
	if got := first(t, ix, "tiền ăn bán trú").Entry; got.Answer != changed.Answer {
		t.Errorf("after a change: %+v", got)
	}
	must(t, ix.Remove("HOCPHI", "UNKNOWN"))
	if got := first(t, ix, "tiền ăn bán trú").Entry.ID; got == "HOCPHI" {
		t.Error("removed, and found")
	}
	if ix.Len() != len(smallBase()) {
		t.Errorf("%d entries left", ix.Len())
	}
}

func TestIndexOnDiskIsThereAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kb.bleve")
	store := kbtest.NewStore(smallBase()...)
	ix := open(t, path)
	must(t, kb.Sync(t.Context(), store, ix))
	must(t, ix.Close())

	ix = open(t, path)
	if ix.Revision() != 4 || ix.Len() != 4 {
		t.Errorf("revision %d with %d entries, want 4 with 4", ix.Revision(), ix.Len())
	}
	if got := first(t, ix, "mất điện báo ai").Entry; got.ID != "DIEN" || got.Answer != "Gọi tổng đài điện lực 19006769." {
		t.Errorf("found %+v", got)
	}
	must(t, ix.Close())

	must(t, os.WriteFile(filepath.Join(path, "index_meta.json"), []byte("damaged"), 0o600))
	ix = open(t, path)
	if ix.Revision() != 0 || ix.Len() != 0 {
		t.Errorf("a damaged index has revision %d and %d entries, want an empty one", ix.Revision(), ix.Len())
	}
	must(t, kb.Sync(t.Context(), store, ix))
	if got := first(t, ix, "mất điện báo ai").Entry.ID; got != "DIEN" {
		t.Errorf("after Sync found %q", got)
	}
	must(t, ix.Close())
}

func TestSyncFollowsTheStore(t *testing.T) {
	store := kbtest.NewStore(smallBase()...)
	ix := openIndex(t, []kb.Entry{published("STRAY", "Mục đã bị xóa?", "Phải biến mất.")})
	sync := func() {
		t.Helper()
		must(t, kb.Sync(t.Context(), store, ix))
	}
	sync()
	if ix.Len() != 4 || ix.Revision() != 4 {
		t.Fatalf("%d entries at revision %d, want 4 at 4", ix.Len(), ix.Revision())
	}
	update := func(e kb.Entry) {
		t.Helper()
		must(t, store.UpdateEntries(t.Context(), func(tx kb.Writer) error { return tx.PutEntry(e) }))
		sync()
	}
	changed := smallBase()[0]
	changed.Version, changed.Answer = 2, "Qua cổng tiêm chủng."
	update(changed)
	if got := first(t, ix, "đăng ký tiêm vắc xin ở đâu").Entry.Answer; got != changed.Answer {
		t.Errorf("answer is still %q", got)
	}
	changed.Version, changed.Status = 3, kb.Retired
	update(changed)
	if got := first(t, ix, "đăng ký tiêm vắc xin ở đâu").Entry.ID; got == "TIEM" || ix.Len() != 3 {
		t.Errorf("retired, yet %q is found among %d", got, ix.Len())
	}
	views := store.Views
	sync()
	if store.Views != views+1 || ix.Revision() != 6 {
		t.Errorf("revision %d after a sync with nothing to do", ix.Revision())
	}
}

func TestSearchIsNotBlockedByPublication(t *testing.T) {
	ix := openIndex(t, smallBase())
	ctx, stop := context.WithCancel(t.Context())
	var searching sync.WaitGroup
	for range 2 {
		searching.Go(func() {
			for ctx.Err() == nil {
				if hits, err := ix.Search(t.Context(), "mất điện báo cho ai", 1); err != nil || len(hits) != 1 || hits[0].Entry.ID != "DIEN" {
					t.Errorf("search during a publication: %v, %v", hits, err)
					return
				}
			}
		})
	}
	for range 20 {
		must(t, ix.Replace(smallBase()))
	}
	stop()
	searching.Wait()
}

func TestSuggestWhileTyping(t *testing.T) {
	ix := openIndex(t, smallBase())
	for _, tt := range []struct {
		name, typed string
		want        kb.EntryID
	}{
		{"the beginning of a word", "căn cư", "CCCD"},
		{"without marks", "can cuoc cong", "CCCD"},
		{"with half of the marks", "phản ánh rac", "RAC"},
		{"words in any order", "điện mất", "DIEN"},
		{"another wording", "chích ngừa đă", "TIEM"},
		{"a question in other words", "nộp gì để làm cccd", "CCCD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hits, err := ix.Suggest(t.Context(), tt.typed, 3)
			if err != nil || len(hits) == 0 || hits[0].Entry.ID != tt.want {
				t.Errorf("%q suggests %v, %v; want %s first", tt.typed, hits, err, tt.want)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *kb.Index {
	t.Helper()
	ix, err := kb.OpenIndex(path)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}
