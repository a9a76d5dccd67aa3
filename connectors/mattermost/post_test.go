package mattermost_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/mattermost"
	"tongdai/connectors/mattermost/mattermostsim"
)

func TestACardTellsWhatOneHasToKnow(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	card := r.thread(root)[0]
	for _, want := range []string{
		"TH-261121-0042", "> Tiêm chủng cho trẻ ở đâu?", "Lịch tiêm chủng mở rộng", "Người dân: Trần Thị Mẫu", "Kênh: Trò chuyện trên Cổng 1022",
		"Lĩnh vực: Y tế", "Địa bàn: Phường Hạc Thành", "Hạn trả lời: 17:00 24/11/2026 (đã hẹn với người dân)", "Người nhận: chưa có ai nhận",
	} {
		if !strings.Contains(card, want) {
			t.Errorf("the card does not say %q:\n%s", want, card)
		}
	}
	p, _ := r.sim.Post(string(root))
	if a := p.Attachments()[0]; a.TitleLink != matter().Link || !strings.Contains(a.Footer, "bắt đầu bằng !") {
		t.Errorf("it leads to %q and says %q", a.TitleLink, a.Footer)
	}
	if warnings := r.sim.Ledger().Warnings; len(warnings) > 0 {
		t.Errorf("real clients would show it wrongly: %q", warnings)
	}
}

func TestACardHasTheButtonsOfItsStanding(t *testing.T) {
	r := start(t, nil)
	m := matter()
	root := r.opened(m)
	for n, tt := range []struct {
		name   string
		change func(*connectors.Matter)
		want   []string
		colour string
	}{
		{"nobody has it", func(*connectors.Matter) {}, []string{"promise", "reply", "return", "take"}, "#1565c0"},
		{"it is urgent and nobody has heard", func(m *connectors.Matter) { m.Urgent, m.Alarm = true, true }, []string{"confirm", "promise", "reply", "return", "take"}, "#c62828"},
		{"somebody has it", func(m *connectors.Matter) { m.Holder = "Lan" }, []string{"promise", "reply", "return"}, "#1565c0"},
		{"asked beside another", func(m *connectors.Matter) { m.Standing = connectors.Contributing }, []string{"note"}, "#6a1b9a"},
		{"it went elsewhere", func(m *connectors.Matter) { m.Standing, m.Holder = connectors.Elsewhere, "Sở Xây dựng" }, nil, "#9e9e9e"},
		{"it is closed", func(m *connectors.Matter) { m.Standing = connectors.Closed }, nil, "#9e9e9e"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := matter()
			tt.change(&m)
			r.post(connectors.Post{Key: fmt.Sprintf("c%d", n), Place: "1022/" + room, Thread: threadName, Root: root, Matter: m})
			var got []string
			for id := range r.buttons(root) {
				got = append(got, id)
			}
			slices.Sort(got)
			p, _ := r.sim.Post(string(root))
			if colour := p.Attachments()[0].Color; !slices.Equal(got, tt.want) || colour != tt.colour {
				t.Errorf("the buttons are %q and the colour %s, want %q and %s", got, colour, tt.want, tt.colour)
			}
			if m.Holder != "" && !strings.Contains(r.thread(root)[0], "Người nhận: "+m.Holder) {
				t.Errorf("the card does not say who has it:\n%s", r.thread(root)[0])
			}
		})
	}
	if n := len(r.sim.Channel(room)); n != 2 {
		t.Errorf("%d posts were made, want the card and the call to the alarm", n)
	}
}

func TestNewsBringTheCardUpToDate(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	p := connectors.Post{Key: "k2", Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter(), Items: []connectors.Item{{Kind: connectors.ItemChange, Text: "Lan nhận phiếu."}}}
	r.post(p)
	if n := len(r.sim.Ledger().CallsOf("PUT /posts/{post}/patch")); n != 0 {
		t.Errorf("the card was changed %d times although nothing on it is another", n)
	}
	p.Key, p.Matter.Holder = "k3", "Lan"
	r.post(p)
	if card := r.thread(root)[0]; !strings.Contains(card, "Người nhận: Lan") {
		t.Errorf("the card says\n%s", card)
	}
}

func TestAnAlarmRingsOnce(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	p := connectors.Post{Key: "k2", Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter()}
	p.Matter.Urgent, p.Matter.Alarm = true, true
	r.post(p)
	p.Key, p.Items = "k3", []connectors.Item{{Kind: connectors.ItemCitizen, Text: "Cứu với"}}
	r.post(p)
	got := r.thread(root)
	if len(got) != 3 || !strings.HasPrefix(got[1], "@channel ") || strings.Contains(got[2], "@channel") {
		t.Errorf("the thread says %q", got)
	}
}

func TestWithoutAWayBackThereAreNoButtons(t *testing.T) {
	r := start(t, func(cfg *mattermost.Config) { cfg.Hook = "" })
	if got := r.buttons(r.opened(matter())); len(got) != 0 {
		t.Errorf("the card has %v", got)
	}
}

func TestEachKindOfNewsHasItsForm(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	at := matter().Due.AddDate(0, 0, -3)
	r.post(connectors.Post{Key: "k2", Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter(), Items: []connectors.Item{
		{Kind: connectors.ItemCitizen, By: "Trần Thị Mẫu", At: at, Text: "Gấp lắm @channel *nhé*\nhttps://vi.du/x"},
		{Kind: connectors.ItemAnswer, By: "Bot 1022", At: at, Text: "Dạ, em chuyển Sở Y tế."},
		{Kind: connectors.ItemNote, By: "Minh", At: at, Text: "Đã gọi trạm."},
		{Kind: connectors.ItemChange, At: at, Text: "Minh đã chuyển phiếu cho Sở Y tế"},
	}})
	got := r.thread(root)[1:]
	want := []string{
		"**Trần Thị Mẫu** viết lúc 17:00 21/11/2026:\n> Gấp lắm @\u200bchannel \\*nhé\\*\n> https://vi.du/x",
		"**Bot 1022** đã trả lời người dân lúc 17:00 21/11/2026:\n> Dạ, em chuyển Sở Y tế.",
		"**Minh** ghi chú lúc 17:00 21/11/2026:\n> Đã gọi trạm.",
		"_Minh đã chuyển phiếu cho Sở Y tế_",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the thread says\n%q\nwant\n%q", got, want)
	}
	// A list of cards, though empty, keeps the server from fetching the page.
	if p := r.sim.Thread(string(root))[1]; p.Props["attachments"] == nil {
		t.Error("the page that a stranger named is fetched for a preview")
	}
}

func TestFilesComeAlongAsFarAsTheyFit(t *testing.T) {
	r := start(t, func(cfg *mattermost.Config) { cfg.MaxFile = 1 << 10 }, func(cfg *mattermostsim.Config) { cfg.Limits.File = 512 })
	root := r.opened(matter())
	item := connectors.Item{Kind: connectors.ItemCitizen, Text: "Ảnh đây"}
	for n := range 12 {
		item.Files = append(item.Files, r.files.Add(fmt.Sprintf("anh-%02d.txt", n), []byte(fmt.Sprint("ảnh ", n))))
	}
	item.Files = append(item.Files,
		r.files.Add("to.txt", []byte(strings.Repeat("x", 2<<10))),
		r.files.Add("vua.txt", []byte(strings.Repeat("x", 600))),
		content.Attachment{Name: "hong.pdf", Problem: "Zalo không còn giữ tệp này."},
		content.Attachment{ID: "gone", Name: "mat.pdf", Size: 1},
		content.Attachment{ID: "raw", Kind: content.Original, Name: "thu.eml"})
	p := connectors.Post{Key: "k2", Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter(), Items: []connectors.Item{item}}
	r.post(p)
	r.post(p)
	var files []string
	var words strings.Builder
	for _, post := range r.sim.Thread(string(root))[1:] {
		if len(post.FileIDs) > 10 {
			t.Errorf("a post has %d files", len(post.FileIDs))
		}
		for _, f := range post.Metadata.Files {
			files = append(files, f.Name)
		}
		words.WriteString(post.Message + "\n")
	}
	if len(files) != 12 || files[0] != "anh-00.txt" || files[11] != "anh-11.txt" {
		t.Errorf("the files are %q", files)
	}
	for _, want := range []string{"to.txt: lớn hơn 0 MB", "vua.txt: lớn hơn mức máy chủ", "hong.pdf: không tải được: Zalo không còn giữ", "mat.pdf: không còn được lưu", matter().Link} {
		if strings.Count(words.String(), want) == 0 {
			t.Errorf("nobody is told %q:\n%s", want, words.String())
		}
	}
	if strings.Contains(words.String(), "thu.eml") {
		t.Error("the raw letter is offered")
	}
}

func TestWhatBecameOfADeedIsShownOnIt(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	said := r.say(root, "lan.nt", "! Sáng thứ ba ạ")
	n := 0
	outcome := func(state connectors.OutcomeState, text string) {
		t.Helper()
		n++
		p := connectors.Post{Key: fmt.Sprintf("o%d", n), Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter(),
			Items: []connectors.Item{{Kind: connectors.ItemOutcome, About: said, State: state, Text: text}}}
		r.post(p)
		r.post(p)
	}
	for _, step := range []struct {
		state connectors.OutcomeState
		sign  string
	}{{connectors.OnItsWay, "hourglass_flowing_sand"}, {connectors.Reached, "white_check_mark"}, {connectors.Arrived, "heavy_check_mark"}, {connectors.NotReached, "x"}, {connectors.Refused, "no_entry_sign"}, {connectors.Done, "ballot_box_with_check"}} {
		outcome(step.state, "Vì *sao* đó.")
		p, _ := r.sim.Post(string(said))
		var got []string
		for _, reaction := range p.Metadata.Reactions {
			got = append(got, reaction.EmojiName)
		}
		if !slices.Equal(got, []string{step.sign}) {
			t.Errorf("%s is shown as %q, want %s alone", step.state, got, step.sign)
		}
	}
	want := []string{":warning: Vì \\*sao\\* đó.", ":no_entry_sign: Vì \\*sao\\* đó."}
	if got := r.thread(root)[2:]; !slices.Equal(got, want) {
		t.Errorf("the thread says %q, want %q", got, want)
	}
	// What is no more cannot bear a sign, and holds nothing up.
	if err := r.sim.Delete(string(said)); err != nil {
		t.Fatal(err)
	}
	outcome(connectors.Reached, "")
}

func TestACardThatWasDeletedIsMadeAnew(t *testing.T) {
	r := start(t, nil)
	root := r.opened(matter())
	if err := r.sim.Delete(string(root)); err != nil {
		t.Fatal(err)
	}
	p := connectors.Post{Key: "k2", Place: "1022/" + room, Thread: threadName, Root: root, Matter: matter(), Items: []connectors.Item{{Kind: connectors.ItemCitizen, Text: "Còn ai không?"}}}
	again := r.post(p)
	if again == root || len(r.thread(again)) != 2 {
		t.Errorf("the root is %s, was %s; it says %q", again, root, r.thread(again))
	}
	if err := r.sim.Delete(string(again)); err != nil {
		t.Fatal(err)
	}
	p.Key, p.Root, p.Items, p.Matter.Standing = "k3", again, nil, connectors.Closed
	r.post(p)
	if all := r.sim.Channel(room); len(all) != 0 {
		t.Errorf("of a matter that is closed there is %q", shown(all[0]))
	}
}

func TestLeadersAreTold(t *testing.T) {
	r := start(t, nil)
	place, name, ok := r.bridge.Place(connectors.Unit{ID: connectors.Leaders})
	if !ok || name != "1022/lanh-dao" {
		t.Fatalf("the leaders' place is %q %q %v", place, name, ok)
	}
	m := matter()
	m.Urgent = true
	p := connectors.Post{Key: "a1", Place: place, Matter: m, Items: []connectors.Item{{Kind: connectors.ItemAnnounce, Text: "Báo khẩn chưa ai nhận: sốt cao @all"}}}
	first := r.post(p)
	if again := r.post(p); again != first {
		t.Errorf("told twice: %s, %s", first, again)
	}
	all := r.sim.Channel("lanh-dao")
	want := ":rotating_light: [TH-261121-0042](https://1022.thanhhoa.example.vn/desk/c/42) Báo khẩn chưa ai nhận: sốt cao @\u200ball"
	if len(all) != 1 || all[0].Message != want || len(r.buttons(first)) != 0 {
		t.Errorf("the leaders read %+v, want %q", all, want)
	}
}

func TestAPlaceThatIsNotThereIsTold(t *testing.T) {
	r := start(t, nil)
	for place, want := range map[connectors.RemoteID]string{"1022/khong-co": "Không tìm thấy kênh", "khong-co": "không phải nơi nhận"} {
		_, err := r.bridge.Post(t.Context(), connectors.Post{Key: "k", Place: place, Thread: threadName, Matter: matter()})
		if connectors.KindOf(err) != connectors.Permanent || !strings.Contains(connectors.ReasonOf(err), want) {
			t.Errorf("Post to %s = %v %q", place, err, connectors.ReasonOf(err))
		}
	}
}
