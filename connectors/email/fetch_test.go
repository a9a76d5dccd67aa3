package email_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email"
	"tongdai/connectors/email/dovecottest"
)

// EML-01.
func TestEveryLetterArrivesOnceWhateverBecomesOfTheUIDs(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	n := count(120, 500)
	people := d.Client(t)
	folder := func(letters [][]byte) {
		must(t, people.Create("ThuDen", nil).Wait())
		for _, raw := range letters {
			dovecottest.Append(t, people, "ThuDen", raw, at)
		}
	}
	folder(lettersOf(0, n))
	r := newRig(t, d.Address, d.Address)
	r.cfg.Folder = "ThuDen"
	stop := r.fetching(r.connector())
	until(t, "all letters", func() bool { return len(r.hub.inbounds()) == n })
	stop()
	until(t, "the end of the session", func() bool { return d.Sessions(t) == 1 }) // in which the folder was open

	// The folder is deleted and made anew: the same letters under other UIDs.
	must(t, people.Delete("ThuDen").Wait())
	folder(append(lettersOf(20, n+50), lettersOf(0, 20)...))
	r.fetching(r.connector())
	until(t, "the new ones", func() bool { return len(r.hub.inbounds()) >= n+50 && r.taken() })
	if got := len(r.hub.inbounds()); got != n+50 {
		t.Errorf("%d letters arrived, want %d", got, n+50)
	}
	if len(r.hub.troubles()) > 0 {
		t.Errorf("in the quarantine are %d letters", len(r.hub.troubles()))
	}
}

// taken reports whether the bookmark says that nothing is left behind.
func (r *rig) taken() bool {
	value, err := r.hub.Bookmark(r.t.Context(), "mail-1022", cmp.Or(r.cfg.Folder, "INBOX"))
	return err == nil && !bytes.Contains(value, []byte(`"done"`)) && !bytes.Contains(value, []byte(`"failed"`))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnTheFirstConnectOnlyNewLettersAreTaken(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	d.Deliver(t, at, lettersOf(0, 5)...)
	r := newRig(t, d.Address, d.Address)
	r.cfg.Since = time.Time{}
	r.fetching(r.connector())
	until(t, "the first look", r.taken)
	d.Deliver(t, time.Now(), letterOf(77))
	until(t, "the new letter, which the server tells of", func() bool { return len(r.hub.inbounds()) > 0 })
	if got := r.hub.subjects(); !slices.Equal(got, []string{"thu 77"}) {
		t.Errorf("arrived %q", got)
	}
}

// EML-10.
func TestOfAMailboxFullOfOldLettersOnlyThoseFromTheChosenDayOnAreTaken(t *testing.T) {
	t.Parallel()
	r, sim := simulated(t)
	n := count(1500, 100_000)
	r.cfg.Since = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
	r.cfg.Poll = 3 * time.Second
	var want []string
	for i := range n {
		arrived := at.AddDate(-1, 0, 0).Add(time.Duration(i) * time.Second)
		switch i % (n / 20) {
		case 7:
			arrived = at.Add(time.Duration(i) * time.Millisecond)
			want = append(want, fmt.Sprint("thu ", i))
		case 8:
			arrived = r.cfg.Since.Add(-time.Minute) // of the evening before, which the server's search may give
		}
		must(t, sim.Deliver(letterOf(i), arrived))
	}
	begun := time.Now()
	c := r.asking(&names{})
	r.fetching(c)
	until(t, "the letters from that day on", func() bool { return len(r.hub.inbounds()) == len(want) && r.taken() })
	t.Logf("%d of %d letters in %s", len(want), n, time.Since(begun).Round(time.Millisecond))
	must(t, sim.Deliver(letterOf(n), time.Now()))
	until(t, "a new letter", func() bool { return len(r.hub.inbounds()) > len(want) })
	got := r.hub.subjects()
	if !slices.Equal(got[:len(want)], want) || got[len(want)] != fmt.Sprint("thu ", n) {
		t.Errorf("arrived %q", got)
	}
	if kept := len(r.files.All()); kept != len(want)+1 {
		t.Errorf("%d letters were fetched, %d are wanted", kept, len(want)+1)
	}
	last := fmt.Sprintf("đã lấy tới thư số %d của INBOX, không còn thư nào chờ", n+1)
	until(t, "members to be told how far it is", func() bool {
		return slices.ContainsFunc(c.Inspect(t.Context()), func(f email.Finding) bool { return f.OK && f.Words == last })
	})
	if h := c.Check(t.Context()); !h.OK || h.Standing != fmt.Sprintf("Đã lấy tới thư số %d của INBOX, không còn thư nào chờ.", n+1) {
		t.Errorf("Check = %+v", h)
	}
}

func TestALetterSaysWhoWhatAndWhen(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	d.Deliver(t, at, []byte("Received: from a by b\r\nFrom: =?utf-8?b?VHLhuqduIFRo4buLIE3huqt1?= <Tran.Thi.Mau@NguoiDan.Example>\r\nTo: "+ours+", an@so.example\r\n"+
		"Reply-To: khac@example.vn\r\nSubject: =?utf-8?b?xJDGsOG7nW5nIGjhu49uZw==?=\r\nMessage-ID: <a@b>\r\nIn-Reply-To: <x@y>\r\nReferences: <goc@y> <x@y>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nĐường trước nhà tôi hỏng.\r\n\r\nOn Fri, 20 Nov 2026, 1022 wrote:\r\n> Dạ\r\n"+
		"--b1\r\nContent-Type: image/png; name=anh.png\r\nContent-Disposition: attachment; filename=anh.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b1--\r\n"))
	r := newRig(t, d.Address, d.Address)
	c := r.connector()
	r.fetching(c)
	until(t, "the letter", func() bool { return len(r.hub.inbounds()) == 1 })
	in, raw := r.hub.inbounds()[0], r.hub.raws[0]
	if in.Kind != connectors.Said || in.From != citizen || in.Message != "a@b" || in.Thread != "goc@y" || !in.SentAt.Equal(at) {
		t.Errorf("Inbound = %+v", in)
	}
	if in.Profile.Name != "Trần Thị Mẫu" || in.Profile.Email != citizen || in.Content.Text != "Đường trước nhà tôi hỏng." {
		t.Errorf("profile %+v, text %q", in.Profile, in.Content.Text)
	}
	l := in.Letter
	if l.Subject != "Đường hỏng" || len(l.To) != 2 || !slices.Equal(l.Answers, []connectors.RemoteID{"x@y", "goc@y"}) || !strings.Contains(l.Quoted, "> Dạ") || l.Machine != "" {
		t.Errorf("Letter = %+v", l)
	}
	if !slices.ContainsFunc(l.Notes, func(n string) bool { return strings.Contains(n, "khac@example.vn") }) {
		t.Errorf("nobody is told of the other reply address: %q", l.Notes)
	}
	all := in.Content.Attachments
	if len(all) != 2 || all[0].Name != "anh.png" || all[1].Kind != content.Original || len(raw.Files) != 1 || raw.Files[0].ID != all[1].ID {
		t.Errorf("attachments %+v, kept with the raw %+v", all, raw.Files)
	}
	if !bytes.Contains(raw.Body, []byte(`"uid":1`)) {
		t.Errorf("Raw.Body = %s", raw.Body)
	}
	again, err := c.Parse(t.Context(), raw)
	if err != nil || len(again) != 1 || again[0].Key != in.Key || again[0].Content.Text != in.Content.Text {
		t.Errorf("read again it is %+v, %v", again, err)
	}
	shown, err := c.Display(t.Context(), all[1], false)
	if err != nil || !strings.Contains(shown.HTML, "Đường trước nhà tôi hỏng.") {
		t.Errorf("Display = %q, %v", shown.HTML, err)
	}
}

// EML-04.
func TestOtherProgramsMayReadMoveAndDeleteMeanwhile(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	n := count(150, 600)
	d.Deliver(t, at, lettersOf(0, n)...)
	r := newRig(t, d.Address, d.Address)
	people := d.Client(t)
	must(t, people.Create("Luu", nil).Wait())
	_, err := people.Select("INBOX", nil).Wait()
	must(t, err)
	r.fetching(r.connector())
	// Of what still lies there: every third is read, the last twenty are moved away,
	// and the first are deleted, which renumbers all others.
	for _, seq := range []uint32{3, 6, 9} {
		must(t, people.Store(imap.SeqSetNum(seq), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close())
	}
	var first imap.UIDSet
	first.AddRange(1, 10)
	must(t, people.Store(first, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
	must(t, people.Expunge().Close())
	var last imap.UIDSet
	last.AddRange(imap.UID(n-19), imap.UID(n))
	_, err = people.Move(last, "Luu").Wait()
	must(t, err)
	d.Deliver(t, at, letterOf(n))
	until(t, "the last letter", func() bool { return slices.Contains(r.hub.subjects(), fmt.Sprint("thu ", n)) })

	seen := map[string]bool{}
	for _, in := range r.hub.inbounds() {
		number := strings.TrimPrefix(in.Letter.Subject, "thu ")
		if !strings.Contains(in.Content.Text, "viec so "+number+".") || string(in.Message) != "thu-"+number+"@nguoidan.example" {
			t.Errorf("letter %s has another's body %q and id %s", number, in.Content.Text, in.Message)
		}
		if seen[number] {
			t.Errorf("letter %s arrived twice", number)
		}
		seen[number] = true
	}
	for i := 10; i < n-20; i++ {
		if !seen[fmt.Sprint(i)] {
			t.Errorf("letter %d, which nobody deleted or moved, is missing", i)
		}
	}
	// Nothing that we did shows: what nobody read is unread.
	data, err := people.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
	if err != nil || len(data.AllUIDs()) > 3 {
		t.Errorf("%d letters are marked as read, %v", len(data.AllUIDs()), err)
	}
}

// EML-05.
func TestAfterALongSilenceTheOldestComesFirstAndTheNewestDoesNotWait(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	n := count(300, 3000)
	d.Deliver(t, at, lettersOf(0, n)...)
	d.Deliver(t, time.Now(), letterOf(n))
	r := newRig(t, d.Address, d.Address)
	begun := time.Now()
	r.fetching(r.connector())
	until(t, "all letters", func() bool { return len(r.hub.inbounds()) == n+1 && r.taken() })
	t.Logf("%d letters in %s", n+1, time.Since(begun).Round(time.Millisecond))
	got := r.hub.subjects()
	newest := slices.Index(got, fmt.Sprint("thu ", n))
	if newest > 100 {
		t.Errorf("today's letter is the %d. of %d", newest+1, n+1)
	}
	got = slices.Delete(got, newest, newest+1)
	for i, subject := range got {
		if subject != fmt.Sprint("thu ", i) {
			t.Fatalf("the %d. letter is %q", i+1, subject)
		}
	}
	if r.hub.copies > 0 {
		t.Errorf("%d letters were fetched twice", r.hub.copies)
	}
}

// EML-06.
func TestIDsOfLettersMayBeMissingForgedOrEndless(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	letter := func(from, id, text string) []byte {
		if id != "" {
			id = "Message-ID: " + id + "\r\n"
		}
		return fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: hoi\r\n%s\r\n%s\r\n", from, ours, id, text)
	}
	var letters [][]byte
	for i := range 100 {
		letters = append(letters, letter(citizen, "", fmt.Sprint("khong ma ", i)))
	}
	r := newRig(t, d.Address, d.Address)
	c := r.connector()
	our := r.messageID(c)
	letters = append(letters,
		letter(citizen, "<mot@x>", "thu thu nhat"), letter(citizen, "<mot@x>", "thu thu hai cung ma"), letter("khac@x.example", "<mot@x>", "nguoi khac cung ma"),
		letter(citizen, "<"+strings.Repeat("dai", 3500)+"@x>", "ma rat dai"),
		letter("ke.la@x.example", "<"+our+">", "mang ma thu cua tong dai"),
		letter(ours, "<"+our+">", "thu cua chinh minh quay lai"))
	d.Deliver(t, at, letters...)
	r.fetching(c)
	until(t, "all letters", func() bool { return r.taken() && len(r.hub.inbounds()) >= len(letters)-1 })
	all := r.hub.inbounds()
	if len(all) != len(letters)-1 {
		t.Errorf("%d letters arrived, want all %d but our own", len(all), len(letters)-1)
	}
	threads := map[connectors.RemoteID]int{}
	for _, in := range all {
		threads[in.From+" "+in.Thread]++
		if len(in.Thread) > 250 || len(in.Message) > 1000 {
			t.Errorf("an id of %d and %d characters", len(in.Thread), len(in.Message))
		}
		if strings.Contains(in.Content.Text, "quay lai") {
			t.Error("our own letter came in as a citizen's")
		}
	}
	if len(threads) != len(all)-1 {
		t.Errorf("%d letters are %d threads; only the two of one person and one id belong together", len(all), len(threads))
	}
}

// EML-08.
func TestAVeryLongLetterIsNotFetchedAndBothSidesAreTold(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	r := newRig(t, d.Address, d.Address)
	r.cfg.MaxLetter = 6 << 20
	long := func(id string, mb int) []byte {
		head := "From: " + citizen + "\r\nSubject: " + id + "\r\nMessage-ID: <" + id + "@x>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\nGui kem tep.\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		line := strings.Repeat("QUJD", 19) + "\r\n"
		return []byte(head + strings.Repeat(line, mb<<20/len(line)) + "--b--\r\n")
	}
	d.Deliver(t, at, long("vua", 5), long("qua-lon", 20), letterOf(1))
	r.fetching(r.connector())
	until(t, "all three", func() bool { return len(r.hub.inbounds()) == 3 })
	for _, in := range r.hub.inbounds() {
		switch in.Letter.Subject {
		case "vua":
			if in.Content.Text != "Gui kem tep." || len(in.Content.Attachments) != 2 || in.Content.Attachments[1].Size < 5<<20-100 {
				t.Errorf("the letter within the limit is %+v", in.Content)
			}
		case "qua-lon":
			told := slices.ContainsFunc(in.Content.Attachments, func(a content.Attachment) bool { return a.Problem != "" && a.Size > 19<<20 })
			if !told || !slices.ContainsFunc(in.Letter.Notes, func(n string) bool { return strings.Contains(n, "20 MB") }) || in.From != citizen {
				t.Errorf("the letter beyond the limit is %+v, notes %q", in.Content, in.Letter.Notes)
			}
		}
	}
	for id, data := range r.files.All() {
		if len(data) > 6<<20 {
			t.Errorf("%s: %d bytes were fetched", id, len(data))
		}
	}
}

// EML-09.
func TestALetterThatFailsThreeTimesIsSetAsideAndBlocksNobody(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	r := newRig(t, d.Address, d.Address)
	tries := 0
	r.files.keep = func(_ string, data []byte) error {
		if bytes.Contains(data, []byte("viec so 3.")) {
			tries++
			return &connectors.Error{Kind: connectors.Permanent, Reason: "Kho tệp không nhận thư này."}
		}
		return nil
	}
	r.hub.refuses(func(_ connectors.Raw, in []connectors.Inbound) error {
		if len(in) > 0 && in[0].Letter.Subject == "thu 5" {
			return errors.New("the store chokes on it")
		}
		return nil
	})
	d.Deliver(t, at, lettersOf(0, 10)...)
	c := r.connector()
	r.fetching(c)
	until(t, "the others and the quarantine", func() bool { return len(r.hub.inbounds()) == 8 && len(r.hub.troubles()) == 2 && r.taken() })
	if tries != 3 {
		t.Errorf("it was fetched %d times", tries)
	}
	d.Deliver(t, at, letterOf(11))
	until(t, "a later letter", func() bool { return len(r.hub.inbounds()) == 9 })
	if tries != 3 || len(r.hub.troubles()) != 2 {
		t.Errorf("it was tried again: %d times, %d troubles", tries, len(r.hub.troubles()))
	}
	// What was never kept is fetched again when a member replays it.
	r.files.keep = nil
	for _, raw := range r.hub.troubles() {
		if len(raw.Files) > 0 {
			continue
		}
		in, err := c.Parse(t.Context(), raw)
		if err != nil || len(in) != 1 || in[0].Letter.Subject != "thu 3" {
			t.Errorf("replayed it is %+v, %v", in, err)
		}
	}
}

func TestWhileTheHubKeepsNothingNothingIsLost(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	d.Deliver(t, at, lettersOf(0, 20)...)
	r := newRig(t, d.Address, d.Address)
	down := true
	r.hub.refuses(func(connectors.Raw, []connectors.Inbound) error {
		if down {
			return errors.New("the store is away")
		}
		return nil
	})
	r.fetching(r.connector())
	until(t, "some tries", func() bool { r.hub.mu.Lock(); defer r.hub.mu.Unlock(); return r.hub.calls > 0 })
	r.hub.mu.Lock()
	down = false
	r.hub.mu.Unlock()
	until(t, "all", func() bool { return len(r.hub.inbounds()) == 20 && r.taken() })
	if len(r.hub.troubles()) > 0 {
		t.Error("letters went to the quarantine because the store was away")
	}
}

// EML-14.
func TestAWrongPasswordIsTriedSoRarelyThatNothingIsLocked(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	r := newRig(t, d.Address, d.Address)
	r.cfg.In.Secret = password("sai-mat-khau")
	c := r.connector()
	r.fetching(c)
	until(t, "a refusal", func() bool { return strings.Contains(c.Check(t.Context()).Problem, "không cho đăng nhập") })
	for range 5 {
		if h := c.Check(t.Context()); h.OK || !strings.Contains(h.Problem, "lần thử sau") || strings.Contains(h.Problem, "sai-mat-khau") {
			t.Errorf("Check = %+v", h)
		}
	}
	if n := strings.Count(d.Log(t), "auth failed, 1 attempts"); n > 1 {
		t.Errorf("%d logins were tried", n)
	}
}

// EML-14.
func TestAServerThatLimitsConnectionsIsKeptWithinItsLimit(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t, dovecottest.Options{Connections: 2})
	d.Deliver(t, at, letterOf(1))
	r := newRig(t, d.Address, d.Address)
	c := r.connector()
	r.fetching(c)
	until(t, "the letter", func() bool { return len(r.hub.inbounds()) == 1 })
	var all []<-chan error
	for range 6 {
		done := make(chan error, 1)
		all = append(all, done)
		go func() {
			raw := connectors.Raw{Channel: "mail-1022", Body: []byte(`{"mailbox":"INBOX","uidvalidity":1,"uid":1}`)}
			_, err := c.Parse(context.Background(), raw)
			done <- err
		}()
	}
	for _, done := range all {
		if err := <-done; err != nil && !strings.Contains(connectors.ReasonOf(err), "không còn ở chỗ cũ") {
			t.Errorf("the server refused: %v", err)
		}
	}
	if strings.Contains(d.Log(t), "Maximum number of connections") {
		t.Error("the server counted too many connections")
	}
}

func TestASettingThatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, "khong-co-cong", "mx:25")
	r.cfg.Out.Secret = nil
	_, err := r.try()
	for _, want := range []string{"imap_server", "smtp_server: no password"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want %q", err, want)
		}
	}
}
