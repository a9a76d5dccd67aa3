package searchtest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// wordTests tell what words find.
var wordTests = []test{
	{"without marks one finds what was written with them, and the other way round", func(d *desk) {
		with := d.begin(matter{}, "Cho hỏi tiêm chủng mở rộng cho trẻ em")
		without := d.begin(matter{}, "tiem chung o dau vay")
		d.begin(matter{}, "Đăng ký hộ kinh doanh")
		d.work()
		d.finds(operator, "tiem chung", without, with)
		d.finds(operator, "tiêm chủng", with, without)
		d.finds(operator, "TIÊM CHỦNG", with, without)
		d.finds(operator, "kinh doanh tiêm")
	}},
	{"marks as typed come before other marks, whatever their age", func(d *desk) {
		meant := d.begin(matter{}, "Tôi muốn bán cái bàn")
		other := d.begin(matter{}, "Ban ngành nào phụ trách bãi tắm, bạn ơi")
		d.work()
		d.finds(operator, "bàn", meant, other)
		if got := d.snippet("bàn"); got != "Tôi muốn bán cái [bàn]" {
			d.Errorf("the snippet is %q", got)
		}
	}},
	{"words side by side come before the same words apart", func(d *desk) {
		together := d.begin(matter{}, "Xin cấp lại giấy khai sinh cho con")
		apart := d.begin(matter{}, "Sinh viên cần giấy gì để khai thuế")
		d.work()
		d.finds(operator, "giay khai sinh", together, apart)
		d.finds(operator, `"giay khai sinh"`, together)
		d.finds(operator, `“giấy khai sinh”`, together)
		d.finds(operator, `thuế "khai thuế"`, apart)
		d.finds(operator, `"sinh khai giấy"`)
	}},
	{"the last word may be unfinished, unless it is in quotes", func(d *desk) {
		c := d.begin(matter{}, "Nộp hồ sơ nghỉ hưu trước tuổi")
		d.work()
		d.finds(operator, "ngh", c)
		d.finds(operator, "hồ sơ ngh", c)
		d.finds(operator, `"hồ sơ ngh`, c)
		d.finds(operator, `"hồ sơ ngh"`)
		d.finds(operator, "ngh hồ sơ")
		d.finds(operator, "n")
	}},
	{"the snippet shows the place, with what was looked for marked", func(d *desk) {
		d.begin(matter{}, strings.Repeat("Kính gửi tổng đài. ", 40)+"Đường Lê Lợi\n\n ngập nước từ sáng. "+strings.Repeat("Xin cảm ơn nhiều. ", 40))
		d.work()
		d.caughtUp()
		got := d.snippet("le loi ngap nuoc")
		if !strings.Contains(got, "Đường [Lê Lợi ngập nước] từ sáng.") || !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") || len(got) > 400 {
			d.Errorf("the snippet is %q", got)
		}
	}},
	{"a conversation is found once, by the message that fits best", func(d *desk) {
		c := d.begin(matter{}, "Xin số bảo hiểm xã hội", "Bảo hiểm y tế của tôi", "bao nhiêu tuổi thì hiểm nghèo")
		d.work()
		d.finds(operator, "bảo hiểm xã hội", c)
		d.finds(operator, "bao hiem", c)
		if got := d.snippet("bao hiem"); got != "[Bảo hiểm] y tế của tôi" {
			d.Errorf("the snippet is %q", got)
		}
	}},
	{"a letter is found by its subject and its words together, and by the subject once", func(d *desk) {
		c := d.begin(matter{})
		letter := func(subject, text string) {
			d.made++
			d.at = d.at.Add(time.Second)
			d.add(&inbox.Message{
				ID: inbox.MessageID(fmt.Sprintf("m%04d", d.made)), Conversation: c.ID, Direction: inbox.In, Author: inbox.Author{Kind: inbox.Citizen},
				Letter:  &connectors.Letter{Subject: subject, Quoted: "trích dẫn"},
				Content: content.Content{Text: text, Attachments: []content.Attachment{{ID: "whole", Kind: content.Original, Name: "nguyenvan.eml"}}},
				SentAt:  d.at, ReceivedAt: d.at,
			})
		}
		d.write(func(tx inbox.Writer) (err error) {
			if c, err = tx.Conversation(c.ID); err != nil {
				return err
			}
			c.Subject = "Đèn đường hỏng"
			_, err = tx.PutConversation(c)
			return err
		})
		letter("Đèn đường hỏng", "Ở ngõ 12 phố Hàng Than ạ")
		letter("Re: Đèn đường hỏng ["+c.Code+"]", "Cảm ơn, đã sáng rồi")
		letter("Trả lời: vỉa hè cũng lún", "Nhờ xem giúp")
		d.work()
		d.finds(operator, "đèn đường hàng than", c)
		d.finds(operator, "đèn đường đã sáng")
		d.finds(operator, "vỉa hè lún", c)
		d.finds(operator, "trích dẫn")
		d.finds(operator, "nguyenvan")
		if got := d.snippet("den duong"); got != "[Đèn đường] hỏng Ở ngõ 12 phố Hàng Than ạ" {
			d.Errorf("the snippet is %q", got)
		}
	}},
	{"codes, names and phone numbers find their conversation", func(d *desk) {
		c := d.begin(matter{name: "Nguyễn Thị Lành", phone: "0912345678"}, "Chào tổng đài")
		told := d.begin(matter{name: "Khách 1A2B"}, "Gọi lại cho tôi theo số 098.765.4321 nhé")
		abroad := d.begin(matter{name: "Khách 77"}, "my number is (+84) 91 222 3344")
		d.work()
		d.finds(operator, c.Code, c)
		d.finds(operator, strings.ToLower(c.Code), c)
		d.finds(operator, "nguyen thi lanh", c)
		d.finds(operator, "Lành", c)
		for _, typed := range []string{"0912345678", "0912 345 678", "+84 912 345 678", "84912345678", "091234", "0912.345.678"} {
			d.finds(operator, typed, c)
		}
		d.finds(operator, "0987654321", told)
		d.finds(operator, "0912223344", abroad)
		if got := d.snippet("0987 654 321"); got != "Gọi lại cho tôi theo số [098.765.4321] nhé" {
			d.Errorf("the snippet is %q", got)
		}
		if got := d.snippet("0912345678"); got != c.Code+" · Nguyễn Thị Lành · [0912345678]" {
			d.Errorf("the snippet is %q", got)
		}
	}},
	{"people's words and notes are found, the bot's and the marks of acts are not", func(d *desk) {
		c := d.begin(matter{}, "Xin chào")
		d.says(c.ID, inbox.ByMember, "Dạ anh vui lòng gửi ảnh chụp")
		d.says(c.ID, inbox.ByDepartment, "Sở đã tiếp nhận phản ánh")
		d.add(&inbox.Message{ID: "note", Conversation: c.ID, Direction: inbox.Note, Author: inbox.Author{Kind: inbox.ByMember},
			Content: content.Content{Text: "Người này đã gọi hôm trước"}, ReceivedAt: d.at})
		d.add(&inbox.Message{ID: "form", Conversation: c.ID, Direction: inbox.In, Author: inbox.Author{Kind: inbox.Citizen},
			Content: content.Content{Form: []content.Field{{Name: "address", Label: "Địa chỉ", Value: "12 phố Hàng Đồng"}}}, ReceivedAt: d.at})
		d.add(&inbox.Message{ID: "act", Conversation: c.ID, Direction: inbox.Note, Author: inbox.Author{Kind: inbox.ByMember},
			Change: &inbox.Change{Action: inbox.Took}, Content: content.Content{Text: "dấu-vết"}, ReceivedAt: d.at})
		d.says(c.ID, inbox.Bot, "Dạ, máy trả lời")
		d.work()
		for _, said := range []string{"ảnh chụp", "tiếp nhận", "gọi hôm trước", "Hàng Đồng"} {
			d.finds(operator, said, c)
		}
		d.finds(operator, "máy trả lời")
		d.finds(operator, "dấu-vết")
	}},
	{"ten thousand words are found from the first to the last", func(d *desk) {
		var b strings.Builder
		b.WriteString("khởi đầu ")
		for i := range 10_000 {
			fmt.Fprintf(&b, "chữ%d ", i)
		}
		b.WriteString("đoạn kết")
		c := d.begin(matter{}, b.String())
		d.work()
		for _, typed := range []string{"khởi đầu", "chữ4095 chữ4096", `"chữ9998 chữ9999 đoạn kết"`, "khoi dau doan ket"} {
			d.finds(operator, typed, c)
		}
		if got := d.snippet("đoạn kết"); !strings.HasSuffix(got, "[đoạn kết]") {
			d.Errorf("the snippet is %q", got)
		}
	}},
	{"what looks like the syntax of an index is words, or nothing", func(d *desk) {
		c := d.begin(matter{}, "Hồ sơ A&B (x|y) !z 'q' \\w C++ 100% d'Or O'Neil")
		d.work()
		for _, typed := range []string{
			"hồ sơ' OR 1=1", "hồ & sơ", "hồ | sơ", "!hồ sơ", "hồ <-> sơ", "(hồ sơ", "hồ:* sơ:*", "+hồ -sơ", "hồ~2 sơ^3", "text:hồ sơ",
			"/hồ.*/ sơ", `hồ \ sơ`, "hồ* sơ?", "o'neil", "d'or", "a&b", "=hồ sơ", "hồ_sơ", "hồ\x00sơ", "hồ\xff\xfesơ", `""hồ"" sơ"`, "$1 hồ %s sơ",
		} {
			if _, err := d.hub.SearchMessages(d.ctx(), operator, inbox.MessageSearch{Text: typed}); err != nil {
				d.Errorf("%q is answered %v", typed, err)
			}
		}
		for _, typed := range []string{"hồ & sơ", "(hồ sơ", "+hồ -sơ", "hồ_sơ", "hồ\x00sơ", "o'neil", "a&b", "100%", "hồ* sơ?"} {
			d.finds(operator, typed, c)
		}
		for _, typed := range []string{"", "  ", "?!…", "\x00", "🙏", "''", `""`, "́", "%", "*", strings.Repeat("a ", 300)} {
			_, err := d.hub.SearchMessages(d.ctx(), operator, inbox.MessageSearch{Text: typed})
			if problems, ok := errors.AsType[inbox.Invalid](err); !ok || problems[0].Field != "q" {
				d.Errorf("%q is answered %v, want words on what to type", typed, err)
			}
		}
	}},
	{"pages follow one another, each conversation on one of them", func(d *desk) {
		var want []inbox.Conversation
		for i := range 120 {
			want = append(want, d.begin(matter{}, fmt.Sprintf("Phản ánh tiếng ồn lần %d", i)))
		}
		for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
			want[i], want[j] = want[j], want[i] // the newest first
		}
		d.work()
		d.finds(operator, "tiếng ồn", want...)
		page, err := d.hub.SearchMessages(d.ctx(), operator, inbox.MessageSearch{Text: "tiếng ồn", After: 10, Limit: 5})
		if err != nil || len(page.Found) != 5 || page.Next != 15 || page.Found[0].Conversation.ID != want[10].ID {
			d.Errorf("a page after ten of five has %d, next %d, %v", len(page.Found), page.Next, err)
		}
		if page, err := d.hub.SearchMessages(d.ctx(), operator, inbox.MessageSearch{Text: "tiếng ồn", After: 1_000_000}); err != nil || len(page.Found) > 0 {
			d.Errorf("beyond the end are %d, %v", len(page.Found), err)
		}
	}},
}
