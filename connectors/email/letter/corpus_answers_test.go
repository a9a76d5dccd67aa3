package letter

import (
	"strings"
	"testing"
)

// posted is a letter to a department, in which a citizen's words play our own lines.
func posted() Draft {
	d := draft()
	d.Code, d.Subject = "", "[TH-261121-0042] Đề nghị trả lời người dân: Tiêm mũi 3"
	d.Text = "Kính gửi Sở Y tế,\n\nNGƯỜI DÂN HỎI\n\n" +
		Quote("Tôi muốn hỏi tiêm mũi 3 ở đâu?\n\n"+End+"\nGửi ngay câu này cho mọi người.\n"+Delimiter+"\nTừ: x <x@y.example>\nĐã gửi: hôm qua\nChủ đề: x\n> trích") +
		"\n\nCÁCH TRẢ LỜI\nTrả lời thư này: nội dung anh/chị viết sẽ được gửi nguyên văn tới người dân."
	return d
}

// answered is an answer to it, as somebody's program sends it.
type answered struct{ name, kind, body, want string }

const (
	byGmail  = "Vào Th 6, 20 thg 11, 2026 vào lúc 08:30 Tổng đài 1022 <1022+xmfrggzdfmztwq2lk-2s9-abcdefghij234567@thanhhoa.gov.vn> đã viết:\n\n"
	byOthers = "Từ: Tổng đài 1022 <1022@thanhhoa.gov.vn>\nĐã gửi: Thứ Sáu, 20 tháng 11 2026 8:30 SA\nTới: Sở Y tế <syt@thanhhoa.gov.vn>\nChủ đề: [TH-261121-0042] Đề nghị trả lời người dân\n\n"
	said     = "hẹn 17:00 20/11/2026\nSở đang kiểm tra với trạm y tế."
)

// answersToUs are top-posted, bottom-posted and interleaved, by programs of clerks.
func answersToUs() (all []answered) {
	ours := posted().plain()
	marked := "> " + strings.ReplaceAll(strings.TrimRight(ours, "\n"), "\n", "\n> ") + "\n"
	first, rest, _ := strings.Cut(marked, "> CÁCH TRẢ LỜI\n")
	for _, c := range []struct{ name, text, want string }{
		{"Gmail", said + "\n\n" + byGmail + marked, said},
		{"Gmail in English, over two lines", said + "\n\nOn Fri, Nov 20, 2026 at 8:30\u202fAM Tổng đài 1022 <\n1022@thanhhoa.gov.vn> wrote:\n\n" + marked, said},
		{"Gmail, with a signature", said + "\n\n-- \nNguyễn Văn Bình\nSở Y tế\n\n" + byGmail + marked, said},
		{"Outlook in Vietnamese", said + "\n\n________________________________\n" + byOthers + ours, said},
		{"Outlook in English", said + "\n\nFrom: Tổng đài 1022 <1022@thanhhoa.gov.vn>\nSent: Friday, November 20, 2026 8:30 AM\nTo: syt@thanhhoa.gov.vn\nSubject: x\n\n" + ours, said},
		{"Outlook of old", said + "\n\n-----Original Message-----\nFrom: Tổng đài 1022\nSent: Friday\nTo: Sở Y tế\n\n" + ours, said},
		{"Outlook, the quote marked", said + "\n\n-----Thư gốc-----\n" + byOthers + marked, said},
		{"Zimbra in Vietnamese", said + "\n\n----- Thư gốc -----\nTừ: \"Tổng đài 1022\" <1022@thanhhoa.gov.vn>\nĐến: \"Sở Y tế\" <syt@thanhhoa.gov.vn>\nĐã gửi: Thứ Sáu, 20 Tháng mười một, 2026 8:30:00 SA\nTiêu đề: x\n\n" + ours, said},
		{"Zimbra, the quote marked", said + "\n\n----- Thư gốc -----\n> Từ: \"Tổng đài 1022\" <1022@thanhhoa.gov.vn>\n> Đến: \"Sở Y tế\" <syt@thanhhoa.gov.vn>\n> Tiêu đề: x\n>\n" + marked, said},
		{"a telephone of Apple", said + "\n\nĐã gửi từ iPhone của tôi\n\n> Vào 08:30, 20 thg 11, 2026, Tổng đài 1022 <1022@thanhhoa.gov.vn> đã viết:\n> \n" + marked, said},
		{"a telephone of Samsung", said + "\n\nĐược gửi từ điện thoại Samsung Galaxy của tôi\n\n-------- Thư gốc --------\n" + byOthers + ours, said},
		{"a program whose words nobody knows", said + "\n\nTổng đài 1022 (1022@thanhhoa.gov.vn) nhắn ngày 20/11:\n\n" + ours, said},
		{"below the quote, as Thunderbird", "Vào 20/11/2026 08:30, Tổng đài 1022 đã viết:\n" + marked + "\n" + said + "\n", said},
		{"below the quote, with a signature", "Vào 20/11/2026 08:30, Tổng đài 1022 đã viết:\n" + marked + "\n" + said + "\n\n-- \nNguyễn Văn Bình\n", said},
		{"below a quote without marks", byOthers + ours + "\n" + said + "\n", said},
		{"below a quote without marks, with a signature", byOthers + ours + "\n" + said + "\n\n-- \nNguyễn Văn Bình\n", said},
		{"between the lines", "Vào 20/11/2026 08:30, Tổng đài 1022 đã viết:\n" + first + "Tiêm ở Trạm Y tế phường.\n\n> CÁCH TRẢ LỜI\n" + rest + "\nAnh/chị mang theo CCCD.\n", "Tiêm ở Trạm Y tế phường.\n\nAnh/chị mang theo CCCD."},
		{"above and between the lines", "Dạ,\n\n" + byGmail + first + "Tiêm ở Trạm Y tế phường.\n\n> CÁCH TRẢ LỜI\n" + rest, "Dạ,\n\nTiêm ở Trạm Y tế phường."},
		{"a notice that the organisation's server adds below", said + "\n\n" + byOthers + ours + "\nThư này có thể chứa thông tin mật.\n", said},
		{"our letter sent on to us", "Nhờ tổng đài xem giúp.\n\n---------- Forwarded message ---------\nTừ: Tổng đài 1022 <1022@thanhhoa.gov.vn>\nDate: Th 6\nSubject: x\n\n" + ours, "Nhờ tổng đài xem giúp."},
		{"nothing written", "\n\n" + byGmail + marked, ""},
		{"nothing written above a quote without marks", "\n" + byOthers + ours, ""},
		{"only a signature below", byOthers + ours + "\n-- \nNguyễn Văn Bình\n", ""},
		{"given back", "chuyển lại: việc này của Sở Xây dựng\n\n" + byGmail + marked, "chuyển lại: việc này của Sở Xây dựng"},
		{"one word", "nhận\n\n" + byOthers + ours, "nhận"},
	} {
		all = append(all, answered{c.name, "text/plain", wire(c.text), c.want})
	}
	page := posted().html()
	lines := strings.ReplaceAll(said, "\n", "<br>")
	heads := `<b>Từ:</b> Tổng đài 1022 &lt;1022@thanhhoa.gov.vn&gt;<br><b>Đã gửi:</b> Thứ Sáu<br><b>Tới:</b> Sở Y tế<br><b>Chủ đề:</b> x`
	middle := strings.Index(page, "CÁCH TRẢ LỜI")
	middle = strings.LastIndex(page[:middle], "<p")
	for _, c := range []struct{ name, html, want string }{
		{"Gmail's HTML alone", `<div dir="ltr">` + lines + `</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Vào Th 6, 20 thg 11, 2026 vào lúc 08:30 Tổng đài 1022 &lt;<a href="mailto:1022@thanhhoa.gov.vn">1022@thanhhoa.gov.vn</a>&gt; đã viết:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid">` + page + `</blockquote></div>`, said},
		{"Outlook's HTML alone, on the web", `<div>` + lines + `</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">` + heads + `</div><div>` + page + `</div>`, said},
		{"Outlook's HTML alone, with its signature", `<div>` + lines + `</div><div id="Signature"><div>Nguyễn Văn Bình</div><div>Sở Y tế</div></div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">` + heads + `</div><div>` + page + `</div>`, said},
		{"Gmail's HTML alone, with its signature", `<div dir="ltr">` + lines + `<div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature"><div>Nguyễn Văn Bình</div></div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Vào Th 6, Tổng đài 1022 &lt;1022@thanhhoa.gov.vn&gt; đã viết:<br></div><blockquote class="gmail_quote">` + page + `</blockquote></div>`, said},
		{"Outlook's HTML alone, on Windows", `<div class=WordSection1><p class=MsoNormal>` + lines + `<o:p></o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal>` + heads + `<o:p></o:p></p></div>` + page + `</div>`, said},
		{"Outlook's HTML alone, written below", `<div id="divRplyFwdMsg">` + heads + `</div><div>` + page + `</div><div>` + lines + `</div>`, said},
		{"Zimbra's HTML alone", `<div>` + lines + `</div><hr id="zwchr" data-marker="__DIVIDER__"><div>` + heads + `</div><div>` + page + `</div>`, said},
		{"Apple's HTML alone", `<html><body>` + lines + `<br><div dir="ltr">Đã gửi từ iPhone của tôi</div><div dir="ltr"><br><blockquote type="cite">Vào 08:30, 20 thg 11, 2026, Tổng đài 1022 &lt;1022@thanhhoa.gov.vn&gt; đã viết:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">` + page + `</div></blockquote></body></html>`, said},
		{"Thunderbird's HTML alone, written below", `<div class="moz-cite-prefix">Vào 20/11/2026 08:30, Tổng đài 1022 đã viết:<br></div><blockquote type="cite" cite="mid:a@b">` + page + `</blockquote><p>` + lines + `</p>`, said},
		{"Gmail's HTML alone, between the lines", `<div class="gmail_quote"><div dir="ltr" class="gmail_attr">Vào Th 6, Tổng đài 1022 &lt;1022@thanhhoa.gov.vn&gt; đã viết:<br></div><blockquote class="gmail_quote" style="border-left:1px #ccc solid">` + page[:middle] + `</div></blockquote><div>Tiêm ở Trạm Y tế phường.</div><blockquote class="gmail_quote" style="border-left:1px #ccc solid"><div>` + page[middle:] + `</blockquote></div>`, "Tiêm ở Trạm Y tế phường."},
	} {
		all = append(all, answered{c.name, "text/html", c.html, c.want})
	}
	return all
}

func (a answered) raw() string {
	return eml(a.body, "Subject: Re: [TH-261121-0042] x", "Content-Type: "+a.kind+"; charset=utf-8")
}

func answerSpecimens() (all []specimen) {
	for _, a := range answersToUs() {
		all = append(all, specimen{a.name, a.raw()})
	}
	return all
}

func TestOfAnAnswerToOurLetterOnlyWhatWasWrittenNowIsTaken(t *testing.T) {
	for _, a := range answersToUs() {
		l := readBack(t, a.raw())
		if l.Text != a.want {
			t.Errorf("%s: the answer is\n%q, want\n%q", a.name, l.Text, a.want)
		}
		if !strings.Contains(l.Quoted, "mũi 3") {
			t.Errorf("%s: what was quoted is %q", a.name, l.Quoted)
		}
	}
}

func TestWhatOthersSayCannotPlayOurOwnLines(t *testing.T) {
	for _, evil := range []string{Delimiter, End, "##\u200b- x -##", "#\u200b#- x -##", "##– x –##", "a\r\n" + End, "a\u2028" + End, "a\u0085" + Delimiter, "a\x0b" + End, "###- x -###", "\u202e" + End} {
		for _, text := range []string{Quote(evil), Harmless(evil), Line(evil)} {
			for line := range strings.SplitSeq(text, "\n") {
				if ownLine.MatchString(odd.Replace(line)) || ownLine.MatchString(odd.Replace(strings.TrimLeft(line, "|> "))) {
					t.Errorf("%q became %q", evil, text)
				}
			}
		}
	}
	if got := Quote("một\n\n| hai\r\n> ba\n"); got != "| một\n|\n| | hai\n| > ba" {
		t.Errorf("Quote = %q", got)
	}
}
