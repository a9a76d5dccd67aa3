package main

import (
	"slices"
	"strings"
	"testing"

	"tongdai/configs"
	"tongdai/connectors/email/emailsim"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
	"tongdai/kb"
)

// A citizen writes on Zalo, the department in charge gets a letter with all it needs
// and answers by letter: the citizen reads the answer on Zalo. A promise in the first
// line is one; a forged letter and one to nobody's address change nothing.
func TestADepartmentAnswersByMailWhoWroteOnZalo(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		post, err := emailsim.Start(emailsim.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = post.Close() })
		h := overZalo(t, zalosim.Config{}, func(cfg *configs.Config) {
			cfg.Channels = append(cfg.Channels, mailChannel(post))
			if change != nil {
				change(cfg)
			}
		})
		h.connect(simulatedZalo, h.oa)
		if err := h.app.worksByMail(t.Context()); err != nil {
			t.Fatal(err)
		}
		citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
		h.sim.Say(h.oa, citizen, "Cho tôi gặp cán bộ, con tôi tiêm xong bị nổi mẩn thì làm sao?")
		h.until("people are to answer", func() bool {
			c, _ := h.matter(simulatedZalo, citizen)
			return c.Handler == inbox.ByPeople
		})
		c, _ := h.matter(simulatedZalo, citizen)
		if _, err := h.app.hub.Transfer(t.Context(), h.lan, c.ID, mailDepartment, "nhờ Sở trả lời giúp"); err != nil {
			t.Fatal(err)
		}
		// It may have been asked for its opinion before the matter was made its own.
		var asked emailsim.Received
		h.until("the department has the letter", func() bool {
			all := post.Inbox(mailDepartmentMail)
			i := slices.IndexFunc(all, func(l emailsim.Received) bool { return strings.Contains(l.Text, "nhờ Sở trả lời giúp") })
			if i >= 0 {
				asked = all[i]
			}
			return i >= 0
		})
		for _, part := range []string{c.Code, "nổi mẩn", "Trần Thị Mẫu", "nhờ Sở trả lời giúp", "hẹn"} {
			if !strings.Contains(asked.Subject+asked.Text, part) {
				t.Errorf("the letter does not say %q:\n%s", part, asked.Text)
			}
		}

		reply := func(l emailsim.Written) {
			t.Helper()
			l.Name, l.Subject, l.Answers, l.Thread = "Sở Y tế", "Re: "+asked.Subject, asked.ID, asked.Thread
			if _, err := post.Write(l); err != nil {
				t.Fatal(err)
			}
		}
		noted := func(text string) bool {
			_, said := h.matter(simulatedZalo, citizen)
			return slices.ContainsFunc(said, func(m inbox.Message) bool { return m.Direction == inbox.Note && strings.Contains(m.Content.Text, text) })
		}
		reply(emailsim.Written{From: mailDepartmentMail, To: asked.ReplyTo, Text: "Chuyển tiền vào tài khoản này.", Forged: true})
		h.until("the forged letter is a note", func() bool { return noted("Chuyển tiền") })

		reply(emailsim.Written{From: mailDepartmentMail, To: asked.ReplyTo, Text: "hẹn 17h ngày mai\n"})
		h.until("a promise is made", func() bool {
			c, _ := h.matter(simulatedZalo, citizen)
			return !c.PromisedBy.IsZero()
		})
		reply(emailsim.Written{From: mailDepartmentMail, To: asked.ReplyTo, Text: "Dạ, anh/chị cho cháu uống nhiều nước và theo dõi tại nhà ạ.\n\nVào 20:00, 1022 đã viết:\n> " + strings.ReplaceAll(asked.Text, "\n", "\n> ")})
		h.until("the citizen has the answer", func() bool {
			return slices.Contains(h.heard(h.oa, citizen), "Dạ, anh/chị cho cháu uống nhiều nước và theo dõi tại nhà ạ.")
		})
		heard := strings.Join(h.heard(h.oa, citizen), "\n")
		if !strings.Contains(heard, "Sở Y tế đã tiếp nhận nội dung của anh/chị và sẽ trả lời trước 17:00") || strings.Contains(heard, "Chuyển tiền") {
			t.Errorf("the citizen reads\n%s", heard)
		}
		if c, said := h.matter(simulatedZalo, citizen); !c.PromisedBy.IsZero() || !slices.ContainsFunc(said, func(m inbox.Message) bool {
			return m.Direction == inbox.Out && strings.Contains(m.Content.Text, "theo dõi tại nhà") && m.Author.Name == "Sở Y tế"
		}) {
			t.Errorf("the matter is %+v, and its answer not the department's: %+v", c, said)
		}
	})
}

// A department sends its questions and answers as it keeps them: from its own address
// they go to review, and the answer tells what became of them, mistakes by cell. From
// anybody else the same file is a letter.
func TestADepartmentSendsItsEntriesByMail(t *testing.T) {
	post, err := emailsim.Start(emailsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = post.Close() })
	h := overZalo(t, zalosim.Config{}, func(cfg *configs.Config) { cfg.Channels = append(cfg.Channels, mailChannel(post)) })
	if err := h.app.worksByMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.until("the mailbox to be opened", func() bool {
		_, err := h.app.hub.Bookmark(t.Context(), simulatedMail, "INBOX")
		return err == nil
	})
	answered := func(from, rows string, forged bool) string {
		t.Helper()
		before := len(post.Inbox(from))
		table := "Lĩnh vực,Câu hỏi,Câu trả lời\n" + rows
		if _, err := post.Write(emailsim.Written{Name: "Sở Y tế", From: from, Subject: "Bộ câu hỏi tháng 11", Text: "Gửi tổng đài.", File: "hoi-dap.csv", Data: []byte(table), Forged: forged}); err != nil {
			t.Fatal(err)
		}
		h.until("the letter is answered", func() bool { return len(post.Inbox(from)) > before })
		return post.Inbox(from)[before].Text
	}
	wrong := answered(mailDepartmentMail, "Thông tin chung,Tiêm nhắc cúm ở đâu?,\n", false)
	if !strings.Contains(wrong, "chưa có gì thay đổi") || !strings.Contains(wrong, "C2") {
		t.Errorf("mistakes are answered\n%s", wrong)
	}
	right := answered(mailDepartmentMail, "Thông tin chung,Tiêm nhắc cúm ở đâu?,Ở trạm y tế các xã.\n", false)
	if !strings.Contains(right, "1 mục mới") || !strings.Contains(right, "chờ duyệt") {
		t.Errorf("a good file is answered\n%s", right)
	}
	if again := answered(mailDepartmentMail, "Thông tin chung,Tiêm nhắc cúm ở đâu?,Ở trạm y tế các xã.\n", false); !strings.Contains(again, "không có gì thay đổi") {
		t.Errorf("the same file again is answered\n%s", again)
	}
	if stranger := answered("la@nguoidan.example", "Thông tin chung,Uống gì khỏi bệnh?,Nước thánh.\n", false); strings.Contains(stranger, "mục mới") {
		t.Errorf("a stranger's file is answered\n%s", stranger)
	}
	if forged := answered(mailDepartmentMail, "Thông tin chung,Uống gì khỏi bệnh?,Nước thánh.\n", true); strings.Contains(forged, "mục mới") {
		t.Errorf("a forged letter's file is answered\n%s", forged)
	}
	err = h.app.store.View(t.Context(), func(tx inbox.Reader) error {
		drafts, err := inbox.EntryDrafts.List(tx, inbox.PaperQuery{})
		if len(drafts) != 1 || drafts[0].Value.Question != "Tiêm nhắc cúm ở đâu?" || drafts[0].Value.Stage != kb.Review {
			t.Errorf("in review is %+v", drafts)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
