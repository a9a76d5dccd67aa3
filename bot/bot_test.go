package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tongdai/bot"
	"tongdai/connectors/content"
	"tongdai/kb"
)

var (
	saigon   = time.FixedZone("", 7*3600)
	now      = time.Date(2026, 11, 21, 20, 0, 0, 0, saigon)
	vaccine  = entry("D402", "Đăng ký tiêm vắc xin ở đâu?", "Anh/chị đăng ký tại trạm y tế nơi cư trú.")
	hoangHoa = entry("DVX10", "Điểm tiêm của huyện Hoằng Hóa ở đâu?", "Tiêm tại Trung tâm Y tế huyện Hoằng Hóa.")
	ngaSon   = entry("DVX13", "Điểm tiêm của huyện Nga Sơn ở đâu?", "Tiêm tại Trung tâm Y tế huyện Nga Sơn.")
)

func entry(id, question, answer string) kb.Entry {
	return kb.Entry{
		ID: kb.EntryID(id), Question: question, Answer: answer, Status: kb.Published, Department: "syt", Category: "y-te",
		ConfirmedOn: time.Date(2026, 10, 5, 0, 0, 0, 0, saigon),
	}
}

func evidence(hits ...kb.Hit) bot.Evidence {
	e := bot.Evidence{
		Now: now, Hits: hits, Staffed: true, Code: "TH-261121-0042",
		Entries:    map[kb.EntryID]kb.Entry{},
		Department: func(kb.DepartmentID) string { return "Sở Y tế" },
	}
	for _, x := range []kb.Entry{vaccine, hoangHoa, ngaSon} {
		e.Entries[x.ID] = x
	}
	return e
}

// nameless is a hit of an entry of a place, when the question names none.
func nameless(e kb.Entry, confidence, family float64) kb.Hit {
	return kb.Hit{Entry: e, Confidence: confidence, Family: family}
}

func hit(e kb.Entry, confidence float64) kb.Hit { return kb.Hit{Entry: e, Confidence: confidence} }

func said(d bot.Decision) string {
	var parts []string
	for _, r := range d.Replies {
		parts = append(parts, r.Content.Text)
	}
	return strings.Join(parts, "\n")
}

func pressable(d bot.Decision) []string {
	var list []string
	for _, r := range d.Replies {
		for _, c := range r.Content.Choices {
			list = append(list, c.Value)
		}
	}
	return list
}

func wantSaid(t *testing.T, d bot.Decision, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(said(d), p) {
			t.Errorf("the reply lacks %q:\n%s", p, said(d))
		}
	}
}

func wantUnsaid(t *testing.T, d bot.Decision, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(said(d), p) {
			t.Errorf("the reply says %q:\n%s", p, said(d))
		}
	}
}

func wantHandOff(t *testing.T, d bot.Decision, reason bot.Reason) {
	t.Helper()
	if d.Outcome != bot.HandOff || d.Reason != reason {
		t.Fatalf("outcome %s (%s), want a handoff (%s)", d.Outcome, d.Reason, reason)
	}
	wantSaid(t, d, "TH-261121-0042", "1022")
}

func TestThePeopleGetAMatterAsOneOfTheFieldAnsweredUnlessAnotherIsAsked(t *testing.T) {
	pothole := entry("D601", "Đường hỏng báo cho ai?", "Anh/chị báo Sở Xây dựng.")
	pothole.Category = "giao-thong"
	answered := bot.State{Greeted: true, Answered: vaccine.ID, Field: vaccine.Category}
	unhelped := answered
	unhelped.Unhelpful = 1
	for _, tt := range []struct {
		what  string
		state bot.State
		say   bot.Message
		hits  []kb.Hit
		want  kb.CategoryID
	}{
		{"a person is asked for", answered, bot.Message{Pressed: "person"}, nil, "y-te"},
		{"a picture, of what was answered", answered, bot.Message{Attachments: 1}, nil, "y-te"},
		{"more of the same is asked", answered, bot.Message{Text: "mũi ba thì sao"}, []kb.Hit{hit(ngaSon, 0.02), hit(pothole, 0.01)}, "y-te"},
		{"something else is asked", answered, bot.Message{Text: "trước nhà có ổ gà"}, []kb.Hit{hit(pothole, 0.02), hit(ngaSon, 0.01)}, ""},
		{"something unheard of is asked", answered, bot.Message{Text: "giá vàng"}, nil, ""},
		{"a complaint of something else", answered, bot.Message{Text: "tôi muốn khiếu nại chủ tịch xã"}, []kb.Hit{hit(pothole, 0.02)}, ""},
		{"said differently after no help", unhelped, bot.Message{Text: "trước nhà có ổ gà"}, []kb.Hit{hit(pothole, 0.02)}, ""},
		{"nothing was answered", bot.State{}, bot.Message{Text: "trước nhà có ổ gà"}, []kb.Hit{hit(pothole, 0.02)}, ""},
	} {
		var asked []kb.CategoryID
		e := evidence(tt.hits...)
		e.NeedsPlace = func(field kb.CategoryID) bool {
			asked = append(asked, field)
			return true
		}
		d := shipped(t).Decide(tt.state, tt.say, e)
		if d.Outcome != bot.HandOff {
			t.Errorf("%s: %s", tt.what, d.Outcome)
			continue
		}
		if d.State.Field != tt.want || !d.AskedPlace || !slices.Equal(asked, []kb.CategoryID{tt.want}) {
			t.Errorf("%s: it is of %q, want %q; the place was asked for (%t) of %q", tt.what, d.State.Field, tt.want, d.AskedPlace, asked)
		}
	}
}

func TestSureEntryIsTheAnswerWithWhoConfirmedItAndWhen(t *testing.T) {
	d := shipped(t).Decide(bot.State{}, bot.Message{Text: "dky tiem o dau"}, evidence(hit(vaccine, 0.9), hit(ngaSon, 0.1)))
	if d.Outcome != bot.Answer || d.Entry != "D402" || d.State.Field != "y-te" || d.Replies[0].Entry != "D402" {
		t.Fatalf("%+v", d)
	}
	wantSaid(t, d, vaccine.Answer, "Sở Y tế", "05/10/2026")
	if !slices.Contains(pressable(d), "person") {
		t.Errorf("no choice leads to a person: %v", pressable(d))
	}
	if len(d.Candidates) != 2 || d.Asked != "dky tiem o dau" {
		t.Errorf("candidates %v, asked %q", d.Candidates, d.Asked)
	}
}

func TestFirstReplySaysThatAMachineAnswersAndOnlyTheFirst(t *testing.T) {
	b := shipped(t)
	d := b.Decide(bot.State{}, bot.Message{Text: "dky tiem o dau"}, evidence(hit(vaccine, 0.9)))
	wantSaid(t, d, "trợ lý tự động", "1022")
	d = b.Decide(d.State, bot.Message{Text: "còn ở Nga Sơn tiêm chỗ nào"}, evidence(hit(ngaSon, 0.9)))
	if strings.Contains(said(d), "trợ lý tự động") {
		t.Errorf("greeted twice:\n%s", said(d))
	}
}

func TestUnsureEntriesAreOfferedAndPicked(t *testing.T) {
	b := shipped(t)
	asked := b.Decide(bot.State{}, bot.Message{Text: "điểm tiêm"}, evidence(hit(hoangHoa, 0.5), hit(ngaSon, 0.4), hit(vaccine, 0.2), hit(entry("X", "X", "X"), 0.1)))
	if asked.Outcome != bot.Clarify {
		t.Fatalf("outcome %s", asked.Outcome)
	}
	want := []string{"entry:DVX10", "entry:DVX13", "entry:D402", "none"}
	if got := pressable(asked); !slices.Equal(got, want) {
		t.Fatalf("choices %v, want %v", got, want)
	}
	for name, m := range map[string]bot.Message{
		"pressed":           {Pressed: "entry:DVX13"},
		"a digit":           {Text: "2"},
		"a word":            {Text: "hai ạ"},
		"a numbered choice": {Text: "số 2"},
		"an ordinal":        {Text: "cái thứ hai"},
		"the label":         {Text: "diem tiem cua huyen nga son o dau"},
	} {
		need := b.Need(asked.State, m)
		if !slices.Contains(need.Entries, "DVX13") {
			t.Errorf("%s: Need does not name the entry: %+v", name, need)
		}
		d := b.Decide(asked.State, m, evidence())
		if d.Outcome != bot.Answer || d.Entry != "DVX13" {
			t.Errorf("%s: %s %s, want the answer DVX13", name, d.Outcome, d.Entry)
		}
	}
	for name, m := range map[string]bot.Message{
		"none pressed": {Pressed: "none"}, "the last number": {Text: "4"}, "không phải": {Text: "không phải"}, "cái khác": {Text: "cái khác ạ"},
	} {
		d := b.Decide(asked.State, m, evidence())
		if d.Outcome != bot.HandOff || d.Asked != "điểm tiêm" {
			t.Errorf("%s: %s, asked %q; want a handoff with the question", name, d.Outcome, d.Asked)
		}
	}
}

func TestPlaceNamedAfterAskingBackIsJoinedWithTheQuestion(t *testing.T) {
	b := shipped(t)
	s := b.Decide(bot.State{}, bot.Message{Text: "tiêm ở đâu"}, evidence(hit(hoangHoa, 0.5), hit(vaccine, 0.4))).State
	for text, want := range map[string]string{
		"Hoằng Hóa ạ":              "tiêm ở đâu Hoằng Hóa ạ",
		"em ở nga son":             "tiêm ở đâu em ở nga son",
		"huyện Yên Định":           "tiêm ở đâu huyện Yên Định",
		"xin phép xây nhà ở đâu ạ": "xin phép xây nhà ở đâu ạ",
	} {
		if got := b.Need(s, bot.Message{Text: text}).Query; got != want {
			t.Errorf("query %q, want %q", got, want)
		}
	}
}

func TestAskingBackTwiceForTheSameHandsOff(t *testing.T) {
	b := shipped(t)
	found := evidence(hit(hoangHoa, 0.5), hit(ngaSon, 0.4))
	s := b.Decide(bot.State{}, bot.Message{Text: "điểm tiêm"}, found).State
	d := b.Decide(s, bot.Message{Text: "tôi hỏi điểm tiêm của huyện cơ mà"}, found)
	wantHandOff(t, d, bot.NotHelped)
	if len(d.Candidates) == 0 {
		t.Error("people are not told what the bot had found")
	}
}

func TestTheBotKnowsThatItHasAskedBack(t *testing.T) {
	b := shipped(t)
	decide := func(s bot.State, m bot.Message, hits ...kb.Hit) bot.State {
		return b.Decide(s, m, evidence(hits...)).State
	}
	asked := decide(bot.State{}, bot.Message{Text: "tiêm vắc xin"}, hit(vaccine, 0.5), hit(ngaSon, 0.4))
	answered := decide(asked, bot.Message{Pressed: "entry:D402"})
	for name, tt := range map[string]struct {
		after bot.State
		want  bool
	}{
		"nothing was said":                 {bot.State{}, false},
		"choices were offered":             {asked, true},
		"a courtesy instead of a choice":   {decide(asked, bot.Message{Text: "xin chào"}), true},
		"one of them was chosen":           {answered, false},
		"none of them was":                 {decide(asked, bot.Message{Pressed: "none"}), false},
		"the place was asked for":          {decide(bot.State{}, bot.Message{Text: "điểm tiêm ở đâu"}, nameless(hoangHoa, 0.5, 0.8), nameless(ngaSon, 0.3, 0.8)), true},
		"the answer was not the right one": {decide(answered, bot.Message{Pressed: "wrong"}), true},
		"the answer was thanked for":       {decide(answered, bot.Message{Text: "cảm ơn"}), false},
		"people took over":                 {decide(asked, bot.Message{Text: "gặp người trực"}), false},
	} {
		if got := tt.after.AsksBack(); got != tt.want {
			t.Errorf("%s: it asks back: %t, want %t", name, got, tt.want)
		}
	}
}

func TestNothingFoundHandsOff(t *testing.T) {
	b := shipped(t)
	d := b.Decide(bot.State{}, bot.Message{Text: "làm hộ chiếu mất bao lâu"}, evidence(hit(vaccine, 0.05)))
	wantHandOff(t, d, bot.Unknown)
	if d.Asked != "làm hộ chiếu mất bao lâu" || len(d.Candidates) != 1 {
		t.Errorf("asked %q, candidates %v", d.Asked, d.Candidates)
	}
}

func TestEntryThatExpiredIsNoAnswer(t *testing.T) {
	old := vaccine
	old.ValidUntil = now.AddDate(0, 0, -2)
	d := shipped(t).Decide(bot.State{}, bot.Message{Text: "đăng ký tiêm ở đâu"}, evidence(hit(old, 0.99)))
	wantHandOff(t, d, bot.Unknown)
}

func TestAHandoffSaysWhoAnswersAndByWhen(t *testing.T) {
	b := shipped(t)
	opens, due := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		e    bot.Evidence
		want string
		not  []string
	}{
		{"somebody is on duty", bot.Evidence{Staffed: true, InHours: true, Due: due}, "cán bộ sẽ trả lời ngay tại đây", []string{"ngoài giờ", "chưa có cán bộ trực"}},
		{"outside the hours", bot.Evidence{Opens: opens, Due: due}, "ngoài giờ làm việc, cán bộ sẽ trả lời tại đây từ 07:00 ngày 23/11/2026", nil},
		{"a gap in the roster of a desk that never closes", bot.Evidence{InHours: true, Opens: opens, Due: due}, "chưa có cán bộ trực; cán bộ sẽ trả lời tại đây từ 07:00 ngày 23/11/2026", []string{"ngoài giờ"}},
		{"nobody knows the next shift", bot.Evidence{InHours: true, Due: due}, "dự kiến trước 10:00 ngày 24/11/2026", []string{"ngoài giờ"}},
		{"nor is there a target", bot.Evidence{InHours: true}, "ngay khi vào ca", []string{"ngoài giờ", "trong giờ làm việc tới"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evidence()
			e.Staffed, e.InHours, e.Opens, e.Due = tt.e.Staffed, tt.e.InHours, tt.e.Opens, tt.e.Due
			for _, said := range []bot.Message{{Text: "làm hộ chiếu mất bao lâu"}, {Text: "cho tôi gặp người"}} {
				d := b.Decide(bot.State{}, said, e)
				wantSaid(t, d, tt.want, "TH-261121-0042")
				wantUnsaid(t, d, tt.not...)
				if !e.Staffed {
					wantUnsaid(t, d, "tới cán bộ trực", "gặp cán bộ trực ạ")
				}
			}
			wantSaid(t, b.Broken(bot.State{}, bot.Message{Text: "x"}, e), tt.want)
		})
	}
}

func TestAnUrgentReportIsToldOnlyWhatIsTrueOfWhoWasAlarmed(t *testing.T) {
	b := shipped(t)
	for _, tt := range []struct {
		name               string
		staffed, reachable bool
		want               string
		not                []string
	}{
		{"somebody is on duty", true, false, "Em đã báo ngay cho cán bộ trực", []string{"chưa có cán bộ trực"}},
		{"only contacts outside the desk", false, true, "Em đang báo cho đầu mối xử lý khẩn cấp", []string{"cán bộ trực"}},
		{"nobody", false, false, "đừng chờ tin nhắn; hãy gọi ngay số trên hoặc 1022", []string{"đã báo", "đang báo"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evidence()
			e.Staffed, e.Reachable = tt.staffed, tt.reachable
			d := b.Decide(bot.State{}, bot.Message{Text: "mẹ em khó thở quá, tím tái"}, e)
			wantSaid(t, d, "115", tt.want, "TH-261121-0042")
			wantUnsaid(t, d, tt.not...)
		})
	}
}

func TestAskingForAPersonHandsOffAtOnce(t *testing.T) {
	b := shipped(t)
	for _, text := range []string{
		"cho tôi gặp người", "gap nguoi that", "cho gặp cán bộ", "muốn gặp tư vấn viên", "noi chuyen voi nhan vien", "Cho e gặp nhân viên ạ",
		"agent", "I want to talk to a human", "không muốn nói chuyện với máy", "chuyển máy cho người trực",
	} {
		if d := b.Decide(bot.State{}, bot.Message{Text: text}, evidence(hit(vaccine, 0.9))); d.Outcome != bot.HandOff || d.Reason != bot.Requested {
			t.Errorf("%q: %s (%s), want a handoff on request", text, d.Outcome, d.Reason)
		}
	}
	for _, text := range []string{"gặp người F0 thì phải làm gì", "muốn gặp cán bộ tư pháp xã thì đến đâu", "nhân viên y tế có được hỗ trợ không"} {
		if d := b.Decide(bot.State{}, bot.Message{Text: text}, evidence(hit(vaccine, 0.9))); d.Outcome != bot.Answer {
			t.Errorf("%q: %s (%s), want the answer", text, d.Outcome, d.Reason)
		}
	}
}

func TestTwoAnswersThatDidNotHelpHandOff(t *testing.T) {
	b := shipped(t)
	for _, no := range []bot.Message{{Pressed: "wrong"}, {Text: "không đúng"}, {Text: "không phải ý tôi"}, {Text: "sai rồi ad ơi"}, {Text: "Chưa đúng ý tôi"}} {
		first := b.Decide(bot.State{}, bot.Message{Text: "tiêm ở đâu"}, evidence(hit(vaccine, 0.9)))
		sorry := b.Decide(first.State, no, evidence())
		if sorry.Outcome != bot.Clarify || !slices.Contains(pressable(sorry), "person") {
			t.Fatalf("%+v: %s, want to be asked again with a way to people", no, sorry.Outcome)
		}
		second := b.Decide(sorry.State, bot.Message{Text: "tiêm cho trẻ em ấy"}, evidence(hit(ngaSon, 0.9)))
		if second.Outcome != bot.Answer {
			t.Fatalf("outcome %s after asking differently", second.Outcome)
		}
		wantHandOff(t, b.Decide(second.State, no, evidence()), bot.NotHelped)
	}
}

func TestAnswerThatStoodForgivesTheOneBefore(t *testing.T) {
	b := shipped(t)
	s := b.Decide(bot.State{}, bot.Message{Text: "tiêm ở đâu"}, evidence(hit(vaccine, 0.9))).State
	s = b.Decide(s, bot.Message{Text: "không đúng"}, evidence()).State
	s = b.Decide(s, bot.Message{Text: "ở nga sơn tiêm chỗ nào"}, evidence(hit(ngaSon, 0.9))).State
	s = b.Decide(s, bot.Message{Text: "điểm tiêm hoằng hóa là đâu"}, evidence(hit(hoangHoa, 0.9))).State
	if d := b.Decide(s, bot.Message{Text: "không đúng"}, evidence()); d.Outcome != bot.Clarify {
		t.Errorf("outcome %s, want another try: the answers are not in a row", d.Outcome)
	}
}

func TestChoicesUnderAnAnswerMayBeTypedToo(t *testing.T) {
	b := shipped(t)
	s := b.Decide(bot.State{}, bot.Message{Text: "tiêm ở đâu"}, evidence(hit(vaccine, 0.9))).State
	for text, want := range map[string]bot.Outcome{
		"1": bot.Chat, "2": bot.Clarify, "3": bot.HandOff, "gap can bo truc": bot.HandOff, "Đúng rồi, cảm ơn": bot.Chat, "không, cảm ơn": bot.Chat,
	} {
		if d := b.Decide(s, bot.Message{Text: text}, evidence()); d.Outcome != want {
			t.Errorf("%q: %s, want %s", text, d.Outcome, want)
		}
	}
}

func TestCourtesyIsAnsweredWithCourtesy(t *testing.T) {
	b := shipped(t)
	for text, want := range map[string]string{
		"xin chào ad": "trợ lý tự động", "Alo": "trợ lý tự động", "chào anh chị ạ": "trợ lý tự động", "👋": "trợ lý tự động",
		"cảm ơn em nhiều nhé": "không có gì", "ok tks": "không có gì", "dạ vâng em hiểu rồi ạ": "không có gì", "tạm biệt": "mạnh khỏe",
	} {
		d := b.Decide(bot.State{}, bot.Message{Text: text}, evidence())
		if d.Outcome != bot.Chat {
			t.Errorf("%q: %s (%s), want chat", text, d.Outcome, d.Reason)
			continue
		}
		wantSaid(t, d, want)
	}
	if q := b.Need(bot.State{}, bot.Message{Text: "chào ad, cho em hỏi tiêm ở đâu"}).Query; q == "" {
		t.Error("a question behind a greeting is not looked up")
	}
}

func TestFilesAndPlacesAloneGoToPeople(t *testing.T) {
	b := shipped(t)
	for name, m := range map[string]bot.Message{
		"a picture": {Attachments: 1}, "a picture with a greeting": {Text: "chào ad", Attachments: 2}, "a place": {Place: &content.Place{Latitude: 19.8}},
	} {
		d := b.Decide(bot.State{}, m, evidence())
		if d.Outcome != bot.HandOff || d.Reason != bot.NotReadable {
			t.Errorf("%s: %s (%s)", name, d.Outcome, d.Reason)
		}
	}
	if d := b.Decide(bot.State{}, bot.Message{Text: "tiêm ở đâu", Attachments: 1}, evidence(hit(vaccine, 0.9))); d.Outcome != bot.Answer {
		t.Errorf("a question with a picture: %s", d.Outcome)
	}
}

func TestComplaintsAreToldTheProperWayAndHandedOff(t *testing.T) {
	b := shipped(t)
	d := b.Decide(bot.State{}, bot.Message{Text: "toi muon to cao can bo nhan tien"}, evidence(hit(vaccine, 0.9)))
	wantHandOff(t, d, bot.Requested)
	wantSaid(t, d, "Luật Tố cáo")
	where := entry("D1", "Nộp đơn khiếu nại ở đâu?", "Tại Ban Tiếp công dân.")
	if d := b.Decide(bot.State{}, bot.Message{Text: "nộp đơn khiếu nại ở đâu"}, evidence(hit(where, 0.9))); d.Outcome != bot.Answer {
		t.Errorf("%s, want the entry about complaints", d.Outcome)
	}
}

func TestDangerComesFirstWithNumbersToCall(t *testing.T) {
	b := shipped(t)
	s := bot.State{Greeted: true, Offered: []kb.EntryID{"D402"}, Choices: []string{"entry:D402", "none"}, Asked: "tiêm ở đâu"}
	m := bot.Message{Text: "cho tôi gặp cán bộ, mẹ tôi khó thở tím tái"}
	if need := b.Need(s, m); need.Query != "" || len(need.Entries) != 0 {
		t.Errorf("danger waits for a search: %+v", need)
	}
	d := b.Decide(s, m, evidence())
	if d.Outcome != bot.Urgent || d.Reason != bot.Danger || d.Rule == "" || d.Asked != m.Text {
		t.Fatalf("%+v", d)
	}
	wantSaid(t, d, "115", "TH-261121-0042", "1022")
	links := d.Replies[0].Content.Links
	if len(links) == 0 || links[0].URL != "tel:115" {
		t.Errorf("links %v, want tel:115 first", links)
	}
}

func TestFirstUrgentReplySaysThatItIsAutomatic(t *testing.T) {
	d := shipped(t).Decide(bot.State{}, bot.Message{Text: "mẹ tôi khó thở quá"}, evidence())
	wantSaid(t, d, "tự động")
}

func TestEnglishSpeakersAreSpokenToInEnglish(t *testing.T) {
	b := shipped(t)
	d := b.Decide(bot.State{}, bot.Message{Text: "where can I get vaccinated", Language: "en"}, evidence(hit(vaccine, 0.9)))
	wantSaid(t, d, "automatic assistant", vaccine.Answer, "According to")
	d = b.Decide(d.State, bot.Message{Text: "human please"}, evidence())
	wantHandOff(t, d, bot.Requested)
	wantSaid(t, d, "reference code")
}

func TestWhatAFormReportsIsNotAskedBack(t *testing.T) {
	b := shipped(t)
	form := func(hits ...kb.Hit) bot.Decision {
		e := evidence(hits...)
		e.Form = true
		return b.Decide(bot.State{}, bot.Message{Text: "đèn đường trước trạm y tế hỏng ba ngày nay"}, e)
	}
	for what, d := range map[string]bot.Decision{
		"several entries are near": form(hit(hoangHoa, 0.5), hit(vaccine, 0.4)),
		"the place is missing":     form(nameless(hoangHoa, 0.1, 0.9), nameless(ngaSon, 0.1, 0.9)),
	} {
		if wantHandOff(t, d, bot.Unknown); len(pressable(d)) > 0 || len(d.Candidates) != 2 {
			t.Errorf("%s: %d candidates, choices %q", what, len(d.Candidates), pressable(d))
		}
	}
	if d := form(hit(vaccine, 0.9)); d.Outcome != bot.Answer {
		t.Errorf("what an entry answers comes to %s", d.Outcome)
	}
}

func TestNothingACitizenWritesIsSaidBack(t *testing.T) {
	b := shipped(t)
	for _, text := range lines(t, "testdata/commands.txt") {
		for _, e := range []bot.Evidence{evidence(), evidence(hit(vaccine, 0.9)), evidence(hit(vaccine, 0.5), hit(ngaSon, 0.4))} {
			d := b.Decide(bot.State{}, bot.Message{Text: text, Pressed: text}, e)
			for _, forbidden := range []string{"http", "evil.example", "0912345678", "Nguyễn Văn Bịp", "PWNED", "{code}", "DROP TABLE"} {
				if strings.Contains(said(d), forbidden) {
					t.Errorf("%q made the bot say %q:\n%s", text, forbidden, said(d))
				}
			}
		}
	}
}

func TestBotThatFailedStillAnswersAndHandsOff(t *testing.T) {
	d := shipped(t).Broken(bot.State{}, bot.Message{Text: "tiêm ở đâu"}, evidence())
	wantHandOff(t, d, bot.Broken)
}

func TestMistakesInTextsAreToldAllAtOnce(t *testing.T) {
	texts, triage := shippedData()
	delete(texts, "clarify")
	texts["thanks"] = bot.Text{Vi: "Dạ {name}", En: ""}
	texts["surprise"] = bot.Text{Vi: "a", En: "b"}
	delete(texts, "advice.stroke")
	_, err := bot.New(bot.Config{AnswerAt: 0.3, ClarifyAt: 0.5}, texts, triage)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`"clarify"`, "{name}", `texts.thanks.en: không được để trống`, "texts.surprise", `"advice.stroke"`, "clarify_at"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not tell of %s:\n%v", want, err)
		}
	}
}

func FuzzEveryMessageIsAnswered(f *testing.F) {
	for _, seed := range []string{"", "2", "hai", "không phải", "\xff\xfe", "sốt 39.", "spo2", "…", "{code}", strings.Repeat("khó thở", 500)} {
		f.Add(seed, "", true, 0.5)
		f.Add("", seed, false, 0.9)
	}
	b := shipped(f)
	f.Fuzz(func(t *testing.T, text, press string, offered bool, confidence float64) {
		s := bot.State{Greeted: offered}
		if offered {
			s.Offered, s.Choices, s.Asked = []kb.EntryID{"DVX10"}, []string{"entry:DVX10", "none"}, text
		}
		for range 3 {
			m := bot.Message{Text: text, Pressed: press}
			b.Need(s, m)
			d := b.Decide(s, m, evidence(hit(vaccine, confidence)))
			if len(d.Replies) == 0 {
				t.Fatal("silence")
			}
			for _, r := range d.Replies {
				if strings.TrimSpace(r.Content.Text) == "" || !utf8.ValidString(r.Content.Text) {
					t.Fatalf("reply %q", r.Content.Text)
				}
			}
			s = d.State
		}
	})
}

func TestWhoWritesTooFastIsToldOnceAndLeftToPeople(t *testing.T) {
	texts, triage := shippedData()
	b, err := bot.New(bot.Config{AnswerAt: 0.75, ClarifyAt: 0.35, AnswersPerMinute: 3, Hotline: "1022"}, texts, triage)
	if err != nil {
		t.Fatal(err)
	}
	e := evidence(hit(vaccine, 0.9))
	s := bot.State{}
	for i := range 3 {
		d := b.Decide(s, bot.Message{Text: "tiêm ở đâu"}, e)
		if d.Outcome != bot.Answer {
			t.Fatalf("question %d comes to %s", i+1, d.Outcome)
		}
		s = d.State
	}
	d := b.Decide(s, bot.Message{Text: "tiêm ở đâu"}, e)
	wantHandOff(t, d, bot.Enough)
	wantSaid(t, d, "đã ghi đủ các tin")
	if d := b.Decide(s, bot.Message{Text: "tôi khó thở quá"}, e); d.Outcome != bot.Urgent {
		t.Errorf("danger among many messages comes to %s", d.Outcome)
	}
	e.Now = e.Now.Add(time.Minute)
	if d := b.Decide(s, bot.Message{Text: "tiêm ở đâu"}, e); d.Outcome != bot.Answer {
		t.Errorf("a minute later it comes to %s", d.Outcome)
	}
}
