package email

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email/letter"
)

// wording is what a letter to a unit says. Its reader is a clerk who has never seen the
// desk: it says what is wanted, then what there is, then how to answer. What others said
// stands in quotes (letter.Quote), so that nobody's words pass for ours.
type wording struct {
	post connectors.Post
	from string               // what our mailbox is called
	now  time.Time            // for examples
	left []content.Attachment // files that do not go with the letter
}

const (
	subjectWords = 60  // characters of what was asked
	recallMost   = 600 // of it in letters after the first
	titleMost    = 200
	listMost     = 5 // entries that the bot found
)

// subject is the same in all letters of a thread: by it, too, programs keep them together.
func (w wording) subject() string {
	m := w.post.Matter
	var parts []string
	if m.Code != "" {
		parts = append(parts, "["+letter.Line(m.Code)+"]")
	}
	if m.Urgent {
		parts = append(parts, "[KHẨN]")
	}
	switch {
	case w.post.Thread == "":
		parts = append(parts, cmp.Or(firstWords(w.announced(), subjectWords), "Thông báo của tổng đài"))
	case m.Standing == connectors.Contributing:
		parts = append(parts, "Đề nghị phối hợp: "+firstWords(m.Asked, subjectWords))
	default:
		parts = append(parts, "Đề nghị trả lời người dân: "+firstWords(m.Asked, subjectWords))
	}
	return strings.TrimSuffix(strings.Join(parts, " "), ": ")
}

// announced is what the first announcement says.
func (w wording) announced() string {
	for _, i := range w.post.Items {
		if i.Kind == connectors.ItemAnnounce {
			return i.Text
		}
	}
	return ""
}

// firstWords is the beginning of text in one line, cut between words.
func firstWords(text string, most int) string {
	line := []rune(letter.Line(text))
	if len(line) <= most {
		return string(line)
	}
	cut := strings.TrimRight(string(line[:most]), " ")
	if at := strings.LastIndexByte(cut, ' '); at > len(cut)/2 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " ,.;:") + "…"
}

// text is the whole letter, empty lines between its paragraphs.
func (w wording) text() string {
	matter := []string{w.asked(), w.facts(), w.news()}
	if w.post.Root != "" {
		matter = []string{w.news(), w.asked(), w.facts()} // what is new comes first
	}
	all := slices.Concat([]string{w.greeting(), w.purpose(), w.troubles()}, matter, []string{w.tried(), w.files(), w.howTo(), w.link()})
	return strings.Join(slices.DeleteFunc(all, func(part string) bool { return part == "" }), "\n\n")
}

func (w wording) greeting() string {
	return "Kính gửi " + cmp.Or(letter.Line(w.post.Matter.Unit), "anh/chị") + ","
}

// purpose says why the letter was written, and by when something is wanted.
func (w wording) purpose() string {
	m := w.post.Matter
	first := w.post.Root == ""
	code := cmp.Or(letter.Line(m.Code), "này")
	var says string
	switch {
	case w.post.Thread == "":
		return w.announcements()
	case m.Standing == connectors.Closed:
		return "Phiếu " + code + " đã kết thúc. Anh/chị không cần trả lời thêm."
	case m.Standing == connectors.Elsewhere:
		return "Phiếu " + code + " đã được giao cho nơi khác. Anh/chị không cần trả lời nữa."
	case m.Standing == connectors.Contributing && first:
		says = w.from + " đề nghị anh/chị góp ý để đơn vị chủ trì trả lời người dân ở phiếu " + code + "."
	case first:
		says = w.from + " chuyển tới anh/chị phiếu " + code + " của người dân, đề nghị anh/chị trả lời."
	case about(w.post, connectors.ItemOutcome, connectors.Refused, connectors.NotReached):
		says = "Có việc chưa thực hiện được ở phiếu " + code + ", đề nghị anh/chị xem lại."
	case about(w.post, connectors.ItemCitizen):
		says = "Người dân viết thêm ở phiếu " + code + "."
	default:
		says = "Phiếu " + code + " có thông tin mới."
	}
	if m.Urgent {
		says = "TIN KHẨN: đề nghị xử lý ngay. " + says
	}
	if m.Alarm {
		says += " Chưa có ai xác nhận đã biết tin khẩn này."
	}
	if due := w.due(); due != "" && m.Standing == connectors.InCharge {
		says += " " + due
	}
	return says
}

func (w wording) due() string {
	m := w.post.Matter
	switch {
	case m.Due.IsZero():
		return ""
	case m.Promised:
		return "Người dân đã được hẹn trả lời trước " + moment(m.Due) + "."
	}
	return "Hạn trả lời: trước " + moment(m.Due) + "."
}

// announcements are for whom nobody waits to hear from.
func (w wording) announcements() string {
	var all []string
	for _, i := range w.post.Items {
		if i.Kind == connectors.ItemAnnounce {
			all = append(all, strings.TrimSpace(letter.Harmless(i.Text)))
		}
	}
	return strings.Join(all, "\n\n")
}

// troubles tell what became of what people of the unit wanted, where it did not go well.
func (w wording) troubles() string {
	var all []string
	for _, i := range w.post.Items {
		if i.Kind != connectors.ItemOutcome {
			continue
		}
		what := "Điều anh/chị viết"
		if !i.At.IsZero() {
			what += " (thư đến lúc " + clock(i.At) + ")"
		}
		switch i.State {
		case connectors.Refused:
			all = append(all, what+" CHƯA ĐƯỢC THỰC HIỆN: "+cmp.Or(letter.Line(i.Text), "tổng đài không hiểu hoặc không được phép làm."))
		case connectors.NotReached:
			all = append(all, what+" CHƯA TỚI NGƯỜI DÂN: "+cmp.Or(letter.Line(i.Text), "kênh của người dân không nhận; bộ phận thường trực đang xem."))
		default:
			if i.Text != "" {
				all = append(all, what+": "+letter.Line(i.Text))
			}
		}
	}
	return strings.Join(all, "\n\n")
}

// asked is the question: whole at first, as a reminder later.
func (w wording) asked() string {
	m := w.post.Matter
	if strings.TrimSpace(m.Asked) == "" {
		return ""
	}
	asked := m.Asked
	if runes := []rune(asked); len(runes) > recallMost && (w.post.Root != "" || w.post.Thread == "") {
		asked = string(runes[:recallMost]) + "… (còn nữa, xem ở bàn làm việc)"
	}
	heading := "NGƯỜI DÂN HỎI"
	if i := w.question(); i >= 0 && !w.post.Items[i].At.IsZero() {
		heading += " (" + clock(w.post.Items[i].At) + ")"
	}
	return heading + "\n\n" + letter.Quote(asked)
}

// question is the item that asks what Matter.Asked says; -1: it is not among them.
func (w wording) question() int {
	for n, i := range w.post.Items {
		if i.Kind == connectors.ItemCitizen && strings.TrimSpace(i.Text) == strings.TrimSpace(w.post.Matter.Asked) {
			return n
		}
	}
	return -1
}

// facts say of whom and what the matter is, a line each.
func (w wording) facts() string {
	m := w.post.Matter
	var lines []string
	fact := func(name, value string) {
		if value = letter.Line(value); value != "" {
			lines = append(lines, name+": "+value)
		}
	}
	person := letter.Line(m.Person)
	if channel := letter.Line(m.Channel); person != "" && channel != "" {
		person += ", qua " + channel
	}
	if w.post.Thread == "" { // purpose tells it to others
		fact("Mã phiếu", m.Code)
	}
	fact("Người dân", person)
	fact("Lĩnh vực", m.Field)
	fact("Địa bàn", m.Place)
	if !m.Due.IsZero() && m.Standing != connectors.InCharge { // purpose tells who is
		fact("Hạn trả lời", moment(m.Due))
	}
	fact("Người đã nhận việc", m.Holder)
	return strings.Join(lines, "\n")
}

// news is what was said and what happened, the earliest first.
func (w wording) news() string {
	var all []string
	question := w.question()
	for n, i := range w.post.Items {
		if n == question {
			continue // asked tells it
		}
		if told := told(i); told != "" {
			all = append(all, told)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "DIỄN BIẾN\n\n" + strings.Join(all, "\n\n")
}

func told(i connectors.Item) string {
	by, at := letter.Line(i.By), ""
	if !i.At.IsZero() {
		at = clock(i.At) + ", "
	}
	var head string
	switch i.Kind {
	case connectors.ItemCitizen:
		head = at + "người dân viết:"
	case connectors.ItemAnswer:
		head = at + cmp.Or(by, "tổng đài") + " đã trả lời người dân:"
	case connectors.ItemNote:
		head = at + "ghi chú nội bộ của " + cmp.Or(by, "đồng nghiệp") + ":"
	case connectors.ItemChange:
		return "– " + at + letter.Line(i.Text)
	default:
		return ""
	}
	text := strings.TrimSpace(i.Text)
	var names []string
	for _, a := range i.Files {
		if a.Kind != content.Original {
			names = append(names, letter.Line(a.Called()))
		}
	}
	if text == "" && len(names) == 0 {
		return ""
	}
	if len(names) > 0 {
		text = strings.TrimSpace(text + "\n[" + strings.Join(names, "; ") + "]")
	}
	return "– " + head + "\n\n" + letter.Quote(text)
}

// tried are the entries that the bot found.
func (w wording) tried() string {
	if w.post.Root != "" || len(w.post.Matter.Tried) == 0 {
		return ""
	}
	lines := []string{"Trợ lý tìm thấy các mục hỏi đáp gần giống, nhưng chưa đủ chắc để tự trả lời:"}
	for n, title := range w.post.Matter.Tried {
		if title = firstWords(title, titleMost); title != "" && n < listMost {
			lines = append(lines, "– "+title)
		}
	}
	return strings.Join(lines, "\n")
}

// files tell of those that do not go with the letter.
func (w wording) files() string {
	if len(w.left) == 0 {
		return ""
	}
	lines := []string{"Tệp không kèm được theo thư này, xin xem ở bàn làm việc:"}
	for _, a := range w.left {
		line := "– " + letter.Line(a.Called())
		switch {
		case a.Problem != "":
			line += " (" + strings.TrimSuffix(letter.Line(a.Problem), ".") + ")"
		case a.Size >= 1<<20:
			line += fmt.Sprintf(" (%d MB)", (a.Size+1<<19)>>20)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// howTo says how to answer, in the words that the hub reads.
func (w wording) howTo() string {
	if w.post.Thread == "" {
		return "Thư này chỉ để thông báo; xin không trả lời thư này."
	}
	const above = "Xin viết ở đầu thư, trên phần thư gốc: mọi thứ nằm dưới phần thư gốc đều được bỏ đi. Tệp đính kèm được gửi theo."
	switch w.post.Matter.Standing {
	case connectors.Elsewhere, connectors.Closed:
		return "Nếu cần nói thêm với đồng nghiệp, anh/chị trả lời thư này với dòng đầu “ghi chú: …”."
	case connectors.Contributing:
		return "CÁCH GÓP Ý\n\nTrả lời thư này với dòng đầu “ghi chú: …”; ý kiến của anh/chị được gửi tới đơn vị chủ trì, không gửi tới người dân.\n\n" + above
	}
	take := "– “nhận”: anh/chị nhận việc này, sẽ trả lời sau."
	if w.post.Matter.Alarm {
		take = "– “nhận”: anh/chị đã biết tin khẩn này và nhận xử lý."
	}
	return "CÁCH TRẢ LỜI\n\nTrả lời thư này: nội dung anh/chị viết sẽ được gửi nguyên văn tới người dân.\n\nHoặc viết ở dòng đầu:\n" +
		take + "\n" +
		"– “hẹn 17:00 " + w.now.In(hanoi).AddDate(0, 0, 1).Format("02/01/2006") + "”: hẹn người dân sẽ trả lời trước lúc đó.\n" +
		"– “chuyển lại: lý do”: việc này không thuộc đơn vị, trả về bộ phận thường trực.\n" +
		"– “ghi chú: …”: chỉ đồng nghiệp đọc, không gửi tới người dân.\n\n" + above
}

func (w wording) link() string {
	if w.post.Matter.Link == "" {
		return ""
	}
	return "Xem đầy đủ ở bàn làm việc: " + letter.Line(w.post.Matter.Link)
}

// clock is a moment of what was said.
func clock(at time.Time) string { return at.In(hanoi).Format("15:04 02/01/2006") }

var weekdays = [...]string{"Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"}

// moment is one by which something is wanted.
func moment(at time.Time) string {
	at = at.In(hanoi)
	return at.Format("15:04 ") + weekdays[at.Weekday()] + at.Format(", 02/01/2006")
}
