package bot_test

import (
	"slices"
	"testing"

	"tongdai/bot"
	"tongdai/kb"
)

const whichPlace = "huyện, thị xã hay thành phố nào"

func TestPlaceThatIsMissingIsAskedForAndThenFound(t *testing.T) {
	b := shipped(t)
	asked := b.Decide(bot.State{}, bot.Message{Text: "các điểm tiêm ở đâu"}, evidence(nameless(hoangHoa, 0.4, 0.95), nameless(ngaSon, 0.3, 0.4)))
	if asked.Outcome != bot.Clarify || len(pressable(asked)) > 0 || asked.State.Asked != "các điểm tiêm ở đâu" {
		t.Fatalf("%s with choices %v, asked %q; want to be asked for the place only", asked.Outcome, pressable(asked), asked.State.Asked)
	}
	wantSaid(t, asked, whichPlace)
	for text, want := range map[string]string{
		"Hoằng Hóa ạ":     "các điểm tiêm ở đâu Hoằng Hóa ạ",
		"hoang hoa":       "các điểm tiêm ở đâu hoang hoa",
		"huyện Thọ Xuân":  "các điểm tiêm ở đâu huyện Thọ Xuân",
		"dạ em ở nga son": "các điểm tiêm ở đâu dạ em ở nga son",
	} {
		if got := b.Need(asked.State, bot.Message{Text: text}).Query; got != want {
			t.Errorf("%q: query %q, want %q", text, got, want)
		}
	}
	d := b.Decide(asked.State, bot.Message{Text: "Hoằng Hóa ạ"}, evidence(hit(hoangHoa, 0.98)))
	if d.Outcome != bot.Answer || d.Entry != hoangHoa.ID || d.State.AskPlace {
		t.Errorf("%s %s, still asking for a place: %t; want the answer", d.Outcome, d.Entry, d.State.AskPlace)
	}
}

func TestPlaceIsAskedForOnceOnly(t *testing.T) {
	b := shipped(t)
	found := evidence(nameless(hoangHoa, 0.4, 0.95))
	s := b.Decide(bot.State{}, bot.Message{Text: "các điểm tiêm ở đâu"}, found).State
	d := b.Decide(s, bot.Message{Text: "tôi hỏi các điểm tiêm cơ mà"}, found)
	wantHandOff(t, d, bot.NotHelped)
	if len(d.Candidates) == 0 {
		t.Error("people are not told what the bot had found")
	}
	if d.State.AskPlace {
		t.Error("after the handoff the bot still waits for a place")
	}
}

func TestPlaceIsNotAskedForWhenItWouldNotHelp(t *testing.T) {
	schools := entry("D9", "Lịch nghỉ hè của trường Lê Lợi?", "Ngày 1/6.")
	for name, e := range map[string]bot.Evidence{
		"a place was named":                    evidence(hit(hoangHoa, 0.5), hit(vaccine, 0.2)),
		"the entry is sure":                    evidence(nameless(hoangHoa, 0.9, 0.95)),
		"siblings are hardly the answer":       evidence(nameless(hoangHoa, 0.2, 0.5)),
		"siblings are told apart by no place":  evidence(nameless(schools, 0.4, 0.95), hit(vaccine, 0.2)),
		"nothing is found":                     evidence(),
		"an entry that is no sibling is first": evidence(hit(vaccine, 0.5), nameless(hoangHoa, 0.1, 0.95)),
	} {
		d := shipped(t).Decide(bot.State{}, bot.Message{Text: "điểm tiêm"}, e)
		if d.State.AskPlace {
			t.Errorf("%s: asks for a place", name)
		}
	}
}

func TestPlacesMakeOneChoiceBesideOtherEntries(t *testing.T) {
	b := shipped(t)
	found := evidence(hit(vaccine, 0.3), nameless(hoangHoa, 0.01, 0.2), nameless(ngaSon, 0.01, 0.2))
	d := b.Decide(bot.State{}, bot.Message{Text: "tiêm ở đâu"}, found)
	if want := []string{"entry:D402", "place", "none"}; d.Outcome != bot.Clarify || !slices.Equal(pressable(d), want) {
		t.Fatalf("%s with choices %v, want %v", d.Outcome, pressable(d), want)
	}
	if !slices.Equal(d.State.Offered, []kb.EntryID{"D402"}) {
		t.Errorf("offered %v", d.State.Offered)
	}
	for name, m := range map[string]bot.Message{
		"pressed": {Pressed: "place"}, "a digit": {Text: "2"}, "the label": {Text: "thong tin rieng cua tung huyen, thi xa, thanh pho"},
	} {
		next := b.Decide(d.State, m, evidence())
		if next.Outcome != bot.Clarify || !next.State.AskPlace {
			t.Errorf("%s: %s, want to be asked for the place", name, next.Outcome)
			continue
		}
		if got := b.Need(next.State, bot.Message{Text: "Nga Sơn"}).Query; got != "tiêm ở đâu Nga Sơn" {
			t.Errorf("%s: query %q", name, got)
		}
	}
	if got := b.Need(d.State, bot.Message{Text: "Nga Sơn"}).Query; got != "tiêm ở đâu Nga Sơn" {
		t.Errorf("a place named at once: query %q", got)
	}
}

func TestOldButtonForPlacesWithoutAQuestionHandsOff(t *testing.T) {
	wantHandOff(t, shipped(t).Decide(bot.State{Greeted: true}, bot.Message{Pressed: "place"}, evidence()), bot.NotHelped)
}
