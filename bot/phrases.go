package bot

import (
	"maps"
	"slices"
	"strings"

	"tongdai/kb/vi"
)

// talk is what the words of a message mean for the dialogue itself, whatever
// they are about. The phrases are language, not policy, so they live here.
type talk struct {
	book  *phrasebook
	means map[int]meaning // by phrase
}

type meaning uint16

const (
	wantsPerson   meaning = 1 << iota // asks for a person outright
	mayWantPerson                     // asks for a person unless it asks for knowledge
	greets
	thanks
	leaves
	agreesToo // "ok", "vâng": nothing more is wanted
	filler    // says nothing of its own in a greeting or thanks
	rejects   // the answer was not what was meant
	rejectsAll
	complains
	asksKnowledge
	placeWord
	placeUnit // the kinds of places that entries are written for
)

var talkPhrases = map[meaning][]string{
	wantsPerson: {
		"gặp người thật", "gặp người trực", "gặp người tư vấn", "gặp nhân viên", "gặp tư vấn viên", "gặp tổng đài viên",
		"gặp điện thoại viên", "gặp trực ban", "gặp cán bộ trực", "gặp người có trách nhiệm", "gặp ai đó", "gặp người để hỏi",
		"nói chuyện với người", "nói chuyện với nhân viên", "nói chuyện với cán bộ", "nói chuyện với tư vấn viên",
		"nói chuyện trực tiếp", "trao đổi với nhân viên", "trao đổi với cán bộ", "trao đổi trực tiếp", "trao đổi với người",
		"tư vấn trực tiếp", "tư vấn viên", "tổng đài viên", "người tư vấn", "người thật",
		"chuyển cho người", "chuyển cho cán bộ", "chuyển cho nhân viên", "chuyển máy", "chuyển người trực", "chuyển nhân viên",
		"kết nối với người", "kết nối với nhân viên", "kết nối với cán bộ", "kết nối nhân viên",
		"không nói chuyện với máy", "không muốn nói chuyện với máy", "không muốn nói với máy", "không muốn chat với máy",
		"không muốn chat với bot", "không nói chuyện với bot", "cho người trả lời", "cần người trả lời",
		"cho tôi người", "cho em người", "người trực trả lời", "cho nhân viên trả lời",
		"human", "real person", "live agent", "agent", "operator", "talk to someone", "speak to someone", "talk to a person",
		"speak to a person", "talk to staff", "customer service",
	},
	mayWantPerson: {
		"gặp người", "gặp cán bộ", "cho gặp", "muốn gặp", "cần gặp", "xin gặp", "cho em gặp", "cho tôi gặp", "cho mình gặp",
		"cho tôi nói chuyện", "cho em nói chuyện",
	},
	greets: {
		"chào", "xin chào", "alo", "alô", "hello", "hi", "hey", "kính chào", "good morning", "good afternoon", "good evening",
		"cho hỏi", "cho em hỏi", "cho tôi hỏi", "cho mình hỏi", "cho cháu hỏi", "em hỏi chút", "có ai không", "có ai ở đó không",
		"bắt đầu", "start",
	},
	thanks: {
		"cảm ơn", "cám ơn", "thank you", "thanks", "thank", "tks", "thks", "cảm ơn nhiều", "biết ơn", "camon", "cảm on", "không cảm ơn", "không ạ cảm ơn", "thôi cảm ơn", "no thanks",
	},
	leaves: {"tạm biệt", "bye", "bye bye", "goodbye", "hẹn gặp lại", "chào tạm biệt"},
	agreesToo: {
		"ok", "oke", "okay", "okie", "vâng", "dạ vâng", "được rồi", "hiểu rồi", "biết rồi", "rõ rồi", "tốt rồi", "ừ", "uh", "uk",
		"em hiểu rồi", "vậy là được", "thế thôi", "vậy thôi", "không có gì", "không cần nữa", "không cần đâu", "thôi", "yes", "đúng rồi", "đúng", "đúng ý rồi", "hay quá", "tuyệt vời",
	},
	filler: {
		"dạ", "ạ", "ad", "quản trị", "admin", "anh", "chị", "em", "anh chị", "bạn", "mình", "tôi", "tui", "cháu", "con", "shop",
		"tổng đài", "ơi", "bác sĩ", "bác", "cô", "chú", "mọi người", "các", "buổi", "sáng", "chiều", "tối", "nhé", "nha", "nhe", "với",
		"rất", "nhiều", "lắm", "cán bộ", "quý", "cơ quan", "1022", "rồi", "vậy", "thế", "thì", "xin", "bot", "trợ lý", "đã", "trả lời",
		"giúp đỡ", "giúp", "hỗ trợ", "chút", "xíu", "tí", "một", "nhà", "chúc", "ngày", "tốt lành", "vui vẻ", "sức khỏe", "so", "much",
		"you", "for", "very", "there", "good", "là", "ấy", "à", "ừm", "hihi", "haha", "hỏi", "cho", "này",
	},
	rejects: {
		"không đúng", "sai", "sai rồi", "chưa", "chưa đúng", "không phải ý tôi", "không phải ý em", "không phải ý mình", "không phải cái này",
		"không phải cái tôi hỏi", "không phải cái em hỏi", "không phải vậy", "không phải thế", "không liên quan", "trả lời sai",
		"hỏi một đằng", "trả lời một nẻo", "không đúng ý", "chưa đúng ý", "không giúp được gì", "không giúp được", "vô ích",
		"chẳng giúp được gì", "ý tôi không phải", "ý em không phải", "không hiểu ý", "có hiểu không", "chưa trả lời", "không trả lời đúng",
		"đọc lại câu hỏi", "tôi không hỏi", "em không hỏi", "not helpful", "wrong answer", "that is wrong", "not what i asked", "không hữu ích",
	},
	rejectsAll: {
		"không phải", "khác", "cái khác", "không có", "không cái nào", "không câu nào", "không phải cái nào", "không có cái nào",
		"không phải câu nào", "câu khác", "việc khác", "chuyện khác", "không", "none", "none of these", "no", "other", "ý khác",
	},
	complains: {
		"khiếu nại", "tố cáo", "khiếu tố", "đơn tố giác", "tố giác cán bộ", "đi kiện", "kiện ra tòa", "khiếu kiện", "khởi kiện", "đơn khiếu nại", "complaint against",
		"denounce",
	},
	asksKnowledge: {
		"ở đâu", "chỗ nào", "đâu", "gì", "sao", "thế nào", "như nào", "bao nhiêu", "bao lâu", "bao giờ", "khi nào", "mấy",
		"ai", "nào", "có phải", "được không", "hay không", "thì", "phải không", "có cần", "cần", "what", "where", "how", "when", "why",
	},
	placeWord: {
		"ở", "tại", "huyện", "xã", "phường", "thị trấn", "thị xã", "thành phố", "tp", "thôn", "bản", "tx", "tt", "khu phố",
		"in", "district", "ward", "commune", "city",
	},
	placeUnit: {"huyện", "thị xã", "thành phố", "xã", "phường", "thị trấn"},
}

func newTalk(book *phrasebook) *talk {
	t := &talk{book: book, means: map[int]meaning{}}
	for _, m := range slices.Sorted(maps.Keys(talkPhrases)) { // the same order, so the same guesses, every time
		for _, p := range talkPhrases[m] {
			if id, ok := book.add(p); ok {
				t.means[id] |= m
			}
		}
	}
	return t
}

// has reports whether any phrase found has meaning m.
func (t *talk) has(found []span, m meaning) bool {
	for _, sp := range found {
		if t.means[sp.id]&m != 0 {
			return true
		}
	}
	return false
}

// only reports whether the message is m and courtesy, nothing else.
func (t *talk) only(words []word, found []span, m meaning) bool {
	return t.has(found, m) && t.left(words, found, m|filler) == 0
}

// left is how many words there are besides the phrases of meaning m.
func (t *talk) left(words []word, found []span, m meaning) (n int) {
	for i, w := range words {
		if w.Text != "." && !t.covers(found, m, i) {
			n++
		}
	}
	return n
}

// covers reports whether a phrase of meaning m takes the ith word.
func (t *talk) covers(found []span, m meaning, i int) bool {
	return slices.ContainsFunc(found, func(sp span) bool { return sp.from <= i && i < sp.to && t.means[sp.id]&m != 0 })
}

// asksForPerson: outright, or in passing when the message asks nothing else.
func (t *talk) asksForPerson(found []span) bool {
	if t.has(found, wantsPerson) {
		return true
	}
	return t.has(found, mayWantPerson) && !t.has(found, asksKnowledge)
}

// narrows reports whether a message after a question back only adds to it:
// "Hoằng Hóa ạ", "em ở Nga Sơn", "mũi 2".
func (t *talk) narrows(words []word, found []span) bool {
	left := t.left(words, found, filler|placeWord|greets|thanks)
	if left == 0 || left > 4 {
		return false
	}
	for _, sp := range found {
		if t.means[sp.id]&asksKnowledge != 0 && t.means[sp.id]&placeWord == 0 {
			return false
		}
	}
	return left <= 2 || t.has(found, placeWord)
}

// ordinals are the ways to pick a choice by its place.
var ordinals = map[string]int{
	"1": 1, "2": 2, "3": 3, "4": 4, "một": 1, "mot": 1, "hai": 2, "ba": 3, "bốn": 4, "bon": 4, "tư": 4,
	"nhất": 1, "nhat": 1, "nhì": 2, "nhi": 2, "first": 1, "second": 2, "third": 3, "one": 1, "two": 2, "three": 3,
}

// aroundOrdinals may stand beside an ordinal: "số 2 ạ", "cái thứ hai", "chọn câu 1".
var aroundOrdinals = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq("số thứ cái câu chọn mục ý dạ ạ em tôi mình là lựa đáp án the number option choice no nhé nha đầu tiên này") {
		aroundOrdinals[w] = true
		aroundOrdinals[vi.Fold(w)] = true
	}
}

// ordinal reads "2", "hai", "số 2 ạ", "cái thứ hai"; 0 when it is none.
func ordinal(text string) int {
	words := vi.Texts(text)
	if len(words) > 5 {
		return 0
	}
	place := 0
	for _, w := range words {
		n, ok := ordinals[w]
		switch {
		case ok && place == 0:
			place = n
		case ok, !aroundOrdinals[w]:
			return 0
		}
	}
	return place
}
