package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

// benchRig is a rig that answers with the bot as it is shipped, from entries of the
// health department and one of the roads'.
type benchRig struct {
	*rig
	know *knowledge
}

// knowledge is the published entries, as a trial over an index that holds none: an
// index's own workers would be outside of the bubble.
type knowledge struct {
	index   *kb.Index
	mu      sync.Mutex
	entries []kb.Entry
}

func (k *knowledge) Trial(put []kb.Entry, gone ...kb.EntryID) *kb.Trial {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(k.entries), func(e kb.Entry) bool {
		return slices.Contains(gone, e.ID) || slices.ContainsFunc(put, func(p kb.Entry) bool { return p.ID == e.ID })
	})
	return k.index.Trial(append(all, put...))
}

func (k *knowledge) Search(ctx context.Context, question string, limit int) ([]kb.Hit, error) {
	return k.Trial(nil).Search(ctx, question, limit)
}
func (k *knowledge) Entry(id kb.EntryID) (kb.Entry, bool) { return k.Trial(nil).Entry(id) }
func (k *knowledge) Revision() uint64                     { return 1 }
func (k *knowledge) Alike(questions []string) [][]int     { return k.index.Alike(questions) }

func (k *knowledge) Rebuild(ctx context.Context, store kb.Store, progress func(int)) error {
	var all []kb.Entry
	err := store.ViewEntries(ctx, func(tx kb.Reader) (err error) {
		all, err = tx.Entries("", 1000)
		return err
	})
	progress(len(all))
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entries = slices.DeleteFunc(all, func(e kb.Entry) bool { return e.Status != kb.Published })
	return err
}

func (k *knowledge) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.entries)
}

// onBench runs a test over such a rig. The index has workers of its own, which live
// outside of the bubble.
func onBench(t *testing.T, test func(r benchRig)) {
	t.Helper()
	ix, err := kb.OpenIndex("")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := ix.Close(); err != nil {
			t.Error(err)
		}
	}()
	data := configs.ShippedData()
	b, err := bot.New(bot.Config{AnswerAt: 0.75, ClarifyAt: 0.35, Hotline: "1022", Organisation: "Tổng đài 1022"}, data.Texts, data.Triage)
	if err != nil {
		t.Fatal(err)
	}
	idle(t, func(r *rig) {
		know := &knowledge{index: ix}
		hub, err := inbox.New(inbox.Parts{
			Store: r.store, Bot: b, Knowledge: know, Directory: r.names,
			Connectors: []connectors.Connector{r.platform, r.chat}, Log: slog.New(slog.DiscardHandler),
		}, inbox.Config{Node: "n1"})
		if err != nil {
			r.Fatal(err)
		}
		r.hub = hub
		r.entryPeople()
		br := benchRig{r, know}
		br.entryPublished("Đăng ký tiêm vắc xin ở đâu?", "Tại trạm y tế xã, phường.")
		br.entryPublished("Đăng ký khám sức khỏe đi làm ở đâu?", "Tại bệnh viện huyện.")
		br.entryPublished("Mức hỗ trợ tiền ăn cho người cách ly là bao nhiêu?", "Theo nghị quyết của Chính phủ.")
		br.follow()
		r.start()
		test(br)
	})
}

// follow lets the index come up with what was published, as the program does.
func (r benchRig) follow() {
	r.Helper()
	if err := r.know.Rebuild(r.ctx(), r.store, func(int) {}); err != nil {
		r.Fatal(err)
	}
}

func (r benchRig) found(question string) kb.EntryID {
	r.Helper()
	hits := must[[]kb.Hit](r.rig)(r.know.Search(r.ctx(), question, 1))
	if len(hits) == 0 {
		return ""
	}
	return hits[0].Entry.ID
}

func (r benchRig) try(question string, draft kb.EntryID) inbox.Tried {
	r.Helper()
	return must[inbox.Tried](r.rig)(r.hub.Try(r.ctx(), doctor, question, draft))
}

func (r benchRig) missed(who inbox.Actor) []inbox.MissGroup {
	r.Helper()
	return must[inbox.MissList](r.rig)(r.hub.Missed(r.ctx(), who, inbox.MissQuery{})).Groups
}

func TestTheBenchTellsWhatTheBotWouldDoAndLeavesNothingBehind(t *testing.T) {
	onBench(t, func(r benchRig) {
		var before, after inbox.Seq
		r.read(func(tx inbox.Reader) (err error) { before, err = tx.LastEvent(); return err })
		answered := r.try("dang ky tiem vac xin o dau vay", "")
		if answered.Decision.Outcome != bot.Answer || answered.Decision.Entry != answered.Why.Hits[0].Entry.ID || answered.AnswerAt != 0.75 {
			t.Errorf("it does %s with %s", answered.Decision.Outcome, answered.Decision.Entry)
		}
		if d := r.try("bố tôi khó thở dữ dội, môi tím tái", "").Decision; d.Outcome != bot.Urgent {
			t.Errorf("danger comes to %s", d.Outcome)
		}
		if d := r.try("mấy giờ xem pháo hoa giao thừa", "").Decision; d.Outcome != bot.HandOff {
			t.Errorf("what nobody knows comes to %s", d.Outcome)
		}
		_, err := r.hub.Try(r.ctx(), doctor, "  ", "")
		wantInvalid(t, "asking nothing", err, "question")
		_, err = r.hub.Try(r.ctx(), inbox.Actor{}, "tiêm ở đâu", "")
		wantError(t, "asking as nobody", err, inbox.ErrForbidden)
		r.read(func(tx inbox.Reader) (err error) { after, err = tx.LastEvent(); return err })
		if before != after || len(r.missed(boss)) > 0 {
			t.Error("trying has left something behind")
		}
	})
}

func TestEachChannelShowsAReplyInItsOwnWay(t *testing.T) {
	onBench(t, func(r benchRig) {
		shown := r.try("đăng ký tiêm vắc xin ở đâu", "").Shown
		if len(shown) != 2 || shown[0].Channel.ID != zalo || !shown[0].Numbered || len(shown[0].Buttons) > 0 || !strings.Contains(shown[0].Messages[0], "2. ") {
			t.Errorf("where there are no buttons it is %+v", shown)
		}
		r.platform.limits = connectors.Limits{Choices: 3, ChoiceLabel: 40, TextLength: 60, Links: true}
		shown = r.try("đăng ký tiêm vắc xin ở đâu", "").Shown
		if z := shown[0]; z.Numbered || len(z.Buttons) != 3 || len(z.Messages) < 2 {
			t.Errorf("with three buttons and short texts it is %+v", z)
		}
		id := r.found("đăng ký tiêm vắc xin")
		if err := r.entryEdit(doctor, id, "Tại trạm y tế, từ 7 giờ.", false); err != nil {
			t.Fatal(err)
		}
		preview := must[[]inbox.Showing](r.rig)(r.hub.EntryShown(r.ctx(), doctor, id, nil))
		if text := strings.Join(preview[1].Messages, ""); !strings.Contains(text, "từ 7 giờ") || !strings.Contains(text, "Sở Y tế") {
			t.Errorf("the draft is shown as %q", text)
		}
		danger := entryOf("Khó thở dữ dội phải làm gì?", "Gọi 115 ngay.")
		preview = must[[]inbox.Showing](r.rig)(r.hub.EntryShown(r.ctx(), doctor, "", &danger))
		if text := strings.Join(preview[1].Messages, ""); !strings.HasPrefix(text, "Gọi 115 ngay.") {
			t.Errorf("an entry about danger is shown as %q", text)
		}
	})
}

func TestADraftIsTriedBeforeItIsPublished(t *testing.T) {
	onBench(t, func(r benchRig) {
		id := r.entryNew(doctor, "Xem pháo hoa giao thừa lúc mấy giờ?", "Từ 0 giờ.", false)
		if d := r.try("xem phao hoa giao thua may gio", id).Decision; d.Outcome != bot.Answer || d.Entry != id {
			t.Errorf("as if it were published it comes to %s %s", d.Outcome, d.Entry)
		}
		if d := r.try("xem phao hoa giao thua may gio", "").Decision; d.Entry == id {
			t.Error("the draft answers without being published")
		}
		_, err := r.hub.Try(r.ctx(), doctor, "tiêm", "none")
		wantError(t, "a draft that is not there", err, inbox.ErrNotFound)
	})
}

func TestAPublicationThatMakesSavedQuestionsWorseNeedsAReason(t *testing.T) {
	onBench(t, func(r benchRig) {
		id := r.found("đăng ký tiêm vắc xin")
		save := func(who inbox.Actor, question string, entry kb.EntryID) error {
			_, err := r.hub.SaveExpected(r.ctx(), who, inbox.Expected{Question: question, Entry: entry})
			return err
		}
		if err := save(doctor, "dang ky  tiem vac xin o dau", id); err != nil {
			t.Fatal(err)
		}
		if err := save(doctor, "bắn pháo hoa ở đâu", ""); err != nil {
			t.Fatal(err)
		}
		wantInvalid(t, "saving for an entry that is not there", save(doctor, "tiêm", "none"), "entry")
		wantInvalid(t, "saving for another department", save(roads, "tiêm", id), "department")
		wantError(t, "saving as an operator", save(lan, "tiêm", id), inbox.ErrForbidden)
		wantError(t, "taking over another's question", save(roads, "bắn pháo hoa ở đâu", ""), inbox.ErrForbidden)
		check := must[inbox.Check](r.rig)(r.hub.CheckExpected(r.ctx(), lan, ""))
		if len(check.Results) != 2 || check.Count[inbox.GradeRight] != 2 {
			t.Fatalf("at first it is %+v", check.Count)
		}

		l := r.entryLife(doctor, id)
		text := entryOf("Nộp thuế nhà đất ở đâu?", "Tại chi cục thuế.")
		if _, err := r.hub.KeepDraft(r.ctx(), doctor, id, inbox.EntryEdit{Text: text, Base: l.Stored.Version, Send: true}); err != nil {
			t.Fatal(err)
		}
		effect := must[inbox.Effect](r.rig)(r.hub.Effect(r.ctx(), nurse, id))
		if len(effect.Worse) != 1 || effect.Worse[0].Before.Grade != inbox.GradeRight || effect.Worse[0].After.Grade == inbox.GradeRight || effect.Asked != 2 {
			t.Errorf("it would change %+v", effect)
		}
		version := r.entryLife(nurse, id).Draft.Version
		wantInvalid(t, "publishing it without a reason", r.hub.PublishEntry(r.ctx(), nurse, id, version, " "), "note")
		if err := r.hub.PublishEntry(r.ctx(), nurse, id, version, "Đổi chủ đề theo công văn 12."); err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(r.audits(inbox.AuditQuery{Member: "nurse"}), func(a inbox.Audit) bool {
			return a.Action == inbox.EntryPublished && strings.Contains(a.Detail, "worse 1") && strings.Contains(a.Detail, "công văn 12")
		})
		if !told {
			t.Error("why it was published nevertheless is not on record")
		}
		r.follow()
		if c := must[inbox.Check](r.rig)(r.hub.CheckExpected(r.ctx(), lan, "so-y-te")).Count; c[inbox.GradeRight] != 1 {
			t.Errorf("after it: %v", c)
		}
		id2 := must[[]inbox.Kept[inbox.Expected]](r.rig)(r.hub.ExpectedOf(r.ctx(), doctor, ""))[1].ID
		wantError(t, "dropping another department's", r.hub.DropExpected(r.ctx(), roads, id2), inbox.ErrForbidden)
		if err := r.hub.DropExpected(r.ctx(), doctor, id2); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSavedQuestionsComeFromAFile(t *testing.T) {
	onBench(t, func(r benchRig) {
		id := string(r.found("đăng ký tiêm vắc xin"))
		load := func(lines ...[]string) inbox.ExpectedPlan {
			var file bytes.Buffer
			if err := sheet.WritePlain(&file, "Câu hỏi", nil, lines); err != nil {
				t.Fatal(err)
			}
			return must[inbox.ExpectedPlan](r.rig)(r.hub.LoadExpected(r.ctx(), boss, inbox.Workbook{Name: "cau-hoi.xlsx", Data: file.Bytes()}))
		}
		wrong := load([]string{"Câu hỏi", "Mã mục", "Đơn vị"}, []string{"tiêm ở đâu", "KHONG-CO", ""}, []string{"xem phim", "Chuyển cán bộ", "Sở Ma"})
		if wrong.Saved != 0 || len(wrong.Problems) == 0 || wrong.Problems[0].Cell != "C3" {
			t.Errorf("a wrong file saves %d with %+v", wrong.Saved, wrong.Problems)
		}
		if p := load([]string{"Hỏi", "Đáp"}, []string{"a", "b"}).Problems; len(p) != 1 || !strings.Contains(p[0].Message, "cột Câu hỏi") {
			t.Errorf("a file without the columns has %+v", p)
		}
		right := load([]string{"CÂU HỎI", "Mã mục", "Đơn vị"}, []string{"tiêm vx ở đâu", id, ""}, []string{"xem phim", "Chuyển cán bộ", "Sở Xây dựng"})
		if right.Saved != 2 || len(right.Problems) > 0 {
			t.Fatalf("a right file saves %d with %+v", right.Saved, right.Problems)
		}
		all := must[[]inbox.Kept[inbox.Expected]](r.rig)(r.hub.ExpectedOf(r.ctx(), boss, "so-xay-dung"))
		if len(all) != 1 || all[0].Value.Entry != "" {
			t.Errorf("for people are %+v", all)
		}
	})
}

func TestFiveHundredSavedQuestionsAreAskedAtOnce(t *testing.T) {
	onBench(t, func(r benchRig) {
		var file strings.Builder
		file.WriteString("Câu hỏi,Mã mục,Đơn vị\n")
		for i := range 500 {
			fmt.Fprintf(&file, "đăng ký tiêm vắc xin mũi %d ở đâu,,Sở Y tế\n", i)
		}
		plan := must[inbox.ExpectedPlan](r.rig)(r.hub.LoadExpected(r.ctx(), boss, inbox.Workbook{Name: "cau-hoi.csv", Data: []byte(file.String())}))
		if plan.Saved != 500 {
			t.Fatalf("saved %d: %+v", plan.Saved, plan.Problems)
		}
		check := must[inbox.Check](r.rig)(r.hub.CheckExpected(r.ctx(), boss, ""))
		if len(check.Results) != 500 {
			t.Errorf("%d were asked", len(check.Results))
		}
	})
}

func TestWhatIsNotAnsweredIsGatheredAndWorkedOff(t *testing.T) {
	onBench(t, func(r benchRig) {
		c := r.say(web, "u1", "xem pháo hoa giao thừa lúc mấy giờ, số tôi 0912345678")
		r.say(web, "u2", "xem phao hoa giao thua may gio")
		r.say(web, "u3", "nhà tôi bị cướp biển hỏi thăm thì sao")
		groups := r.missed(boss)
		if len(groups) != 2 || groups[0].Count != 2 || groups[0].Kinds[0] != inbox.MissUnknown || groups[0].Now == bot.Answer {
			t.Fatalf("missed are %+v", groups)
		}
		if strings.Contains(fmt.Sprint(groups), "0912345678") {
			t.Error("the citizen's number is shown")
		}
		if w := groups[0].Wordings; !slices.ContainsFunc(w, func(w inbox.MissWording) bool { return w.Conversation == c.ID }) {
			t.Errorf("who may see the matter is not led there: %+v", w)
		}
		if got := r.missed(roads); len(got) != 0 {
			t.Errorf("a department sees what is not its own: %+v", got)
		}

		id := r.entryPublished("Bắn pháo hoa đón năm mới ở điểm nào?", "Quảng trường Lam Sơn, 0 giờ ngày 1 tháng 1.")
		r.follow()
		if d := r.try("xem pháo hoa giao thừa lúc mấy giờ", "").Decision; d.Entry == id {
			t.Skip("the entry answers without the wording")
		}
		wantInvalid(t, "a wording that is there", r.hub.AddWording(r.ctx(), doctor, id, "Bắn pháo hoa đón năm mới ở điểm nào?", nil), "wording")
		wantError(t, "adding to another department's", r.hub.AddWording(r.ctx(), roads, id, "xem pháo hoa", nil), inbox.ErrForbidden)
		if err := r.hub.AddWording(r.ctx(), boss, id, "xem pháo hoa giao thừa lúc mấy giờ", groups[0].IDs); err != nil {
			t.Fatal(err)
		}
		if err := r.entryPublish(nurse, id); err != nil {
			t.Fatal(err)
		}
		r.follow()
		if d := r.try("xem phao hoa giao thua luc may gio", "").Decision; d.Outcome != bot.Answer || d.Entry != id {
			t.Errorf("with the wording it comes to %s %s", d.Outcome, d.Entry)
		}
		left := r.missed(boss)
		if len(left) != 1 {
			t.Fatalf("left are %+v", left)
		}
		wantInvalid(t, "dismissing without a reason", r.hub.DismissMissed(r.ctx(), boss, left[0].IDs, ""), "note")
		wantError(t, "dismissing as an operator", r.hub.DismissMissed(r.ctx(), lan, left[0].IDs, "đùa"), inbox.ErrForbidden)
		if err := r.hub.DismissMissed(r.ctx(), boss, left[0].IDs, "Nói đùa."); err != nil {
			t.Fatal(err)
		}
		if left := r.missed(boss); len(left) > 0 {
			t.Errorf("still there: %+v", left)
		}
	})
}

func TestWhatDidNotHelpIsMissed(t *testing.T) {
	onBench(t, func(r benchRig) {
		press := func(from connectors.RemoteID, value, label string) {
			r.sent++
			in := inbound(from, fmt.Sprintf("press-%d", r.sent), label)
			in.Pressed = value
			if err := r.receive(web, in); err != nil {
				t.Fatal(err)
			}
			r.settle()
		}
		r.say(web, "u1", "đăng ký tiêm vắc xin ở đâu")
		press("u1", "wrong", "Chưa đúng ý tôi")
		r.say(web, "u2", "dang ky tiem vac xin o dau")
		press("u2", "yes", "Đúng rồi, cảm ơn")
		groups := r.missed(boss)
		if len(groups) != 1 || groups[0].Kinds[0] != inbox.MissUnhelpful || groups[0].Department != "so-y-te" || groups[0].Count != 1 {
			t.Fatalf("missed are %+v", groups)
		}
		if got := r.missed(doctor); len(got) != 1 || !got[0].May {
			t.Errorf("its department sees %+v", got)
		}
		if got := r.missed(roads); len(got) != 0 {
			t.Errorf("another department sees %+v", got)
		}
		l := r.entryLife(doctor, groups[0].Entry)
		if l.Helped != 1 || l.Unhelpful != 1 {
			t.Errorf("the entry was marked %d and %d times", l.Helped, l.Unhelpful)
		}
	})
}

func TestWhatIsSaidOfAnAnswerOnThePortalIsCountedAndMissed(t *testing.T) {
	onBench(t, func(r benchRig) {
		id := r.found("đăng ký tiêm vắc xin ở đâu")
		say := func(m inbox.AnswerMark) {
			r.Helper()
			m.Entry = id
			if err := r.hub.MarkAnswer(r.ctx(), m); err != nil {
				r.Fatal(err)
			}
		}
		say(inbox.AnswerMark{Helped: true, Asked: "đăng ký tiêm"})
		say(inbox.AnswerMark{Asked: "dang ky tiem vac xin o dau", Sought: "dang ky tiem vac xin o dau?"})
		say(inbox.AnswerMark{Asked: "đăng ký tiêm vắc xin ở đâu", Sought: "?!"})
		say(inbox.AnswerMark{Asked: "đăng ký tiêm vắc xin", Sought: "giờ mở cửa của trạm, gọi em số 0912345678"})
		say(inbox.AnswerMark{})
		wantError(t, "judging what is not published", r.hub.MarkAnswer(r.ctx(), inbox.AnswerMark{Entry: "M-none"}), inbox.ErrNotFound)

		var said []string
		for _, g := range r.missed(boss) {
			if !slices.Equal(g.Kinds, []inbox.MissKind{inbox.MissUnhelpful}) || g.Entry != id || g.Department != "so-y-te" {
				t.Errorf("missed is %+v", g)
			}
			for _, w := range g.Wordings {
				said = append(said, w.Text)
			}
		}
		slices.Sort(said)
		want := []string{
			"Đăng ký tiêm vắc xin ở đâu?", "dang ky tiem vac xin o dau", "đăng ký tiêm vắc xin ở đâu",
			"đăng ký tiêm vắc xin – giờ mở cửa của trạm, gọi em số •••••••678",
		}
		slices.Sort(want)
		if !slices.Equal(said, want) {
			t.Errorf("missed are %q, want %q", said, want)
		}
		if l := r.entryLife(doctor, id); l.Helped != 1 || l.Unhelpful != 4 {
			t.Errorf("the entry was marked %d and %d times", l.Helped, l.Unhelpful)
		}
		if got := r.missed(roads); len(got) != 0 {
			t.Errorf("another department sees %+v", got)
		}
	})
}

func TestWhatWasMissedLongAgoIsForgotten(t *testing.T) {
	onBench(t, func(r benchRig) {
		put := func(tx inbox.Writer, id string, age time.Duration) error {
			_, err := inbox.Misses.Put(tx, inbox.Kept[inbox.Miss]{ID: id, Value: inbox.Miss{
				At: time.Now().Add(-age), Kind: inbox.MissUnknown, Question: "bắn pháo hoa " + id,
			}})
			return err
		}
		r.write(func(tx inbox.Writer) error {
			return errors.Join(put(tx, "/old", 180*24*time.Hour), put(tx, "/new", 24*time.Hour))
		})
		r.pass(25 * time.Hour)
		r.read(func(tx inbox.Reader) error {
			all, err := inbox.Misses.List(tx, inbox.PaperQuery{})
			if len(all) != 1 || all[0].ID != "/new" {
				t.Errorf("kept are %+v", all)
			}
			return err
		})
	})
}

func TestWhatIsChosenAfterAllIsNotMissed(t *testing.T) {
	onBench(t, func(r benchRig) {
		ask := func(from connectors.RemoteID) inbox.Conversation { return r.say(web, from, "đăng ký ở đâu") }
		c := ask("u1")
		if len(c.Dialogue.Offered) == 0 {
			t.Fatalf("the bot does not ask back: %q", r.thread(c.ID))
		}
		r.pass(time.Minute)
		if got := r.missed(boss); len(got) != 0 {
			t.Errorf("while the citizen looks at the choices there is %+v", got)
		}
		r.say(web, "u1", "1")
		ask("u2")
		r.pass(20 * time.Minute)
		if got := r.missed(boss); len(got) != 1 || got[0].Count != 1 || got[0].Kinds[0] != inbox.MissUnchosen {
			t.Errorf("missed are %+v", got)
		}
	})
}

func TestTheIndexIsMadeAnewWhileTheHubWorks(t *testing.T) {
	onBench(t, func(r benchRig) {
		wantError(t, "asking for it as a supervisor", r.hub.Reindex(r.ctx(), boss), inbox.ErrForbidden)
		if err := r.hub.Reindex(r.ctx(), root); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			r.pass(time.Second)
			got := must[inbox.Reindexing](r.rig)(r.hub.Reindexing(r.ctx(), root))
			if len(got.Nodes) == 1 && !got.Nodes[0].Value.Ended.IsZero() {
				if n := got.Nodes[0]; n.ID != "n1" || n.Value.Entries != 3 || n.Value.Total != 3 || n.Value.Problem != "" {
					t.Errorf("it ended with %+v", n)
				}
				if r.found("đăng ký tiêm vắc xin") == "" {
					t.Error("nothing is found any more")
				}
				return
			}
		}
		t.Error("the index was not made anew")
	})
}

func TestWhoAnswersAMatterProposesAnEntry(t *testing.T) {
	onBench(t, func(r benchRig) {
		c := r.say(web, "u1", "xem pháo hoa giao thừa lúc mấy giờ")
		text := entryOf("Xem pháo hoa lúc mấy giờ? Gọi 0912345678", "Từ 0 giờ.")
		_, err := r.hub.ProposeEntry(r.ctx(), roads, c.ID, text)
		wantError(t, "proposing from what one may not see", err, inbox.ErrNotFound)
		id := must[kb.EntryID](r.rig)(r.hub.ProposeEntry(r.ctx(), lan, c.ID, text))
		l := r.entryLife(nurse, id)
		if l.Draft.Value.Stage != kb.Review || strings.Contains(l.Draft.Value.Question, "0912345678") || !strings.Contains(l.Events[0].Value.Note, c.Code) {
			t.Errorf("the proposal is %+v", l.Draft.Value)
		}
		if err := r.entryPublish(nurse, id); err != nil {
			t.Errorf("the department cannot publish it: %v", err)
		}
	})
}
