package letter

import "strings"

// quoteTexts are answers as programs of people in Viet Nam and elsewhere write them.
var quoteTexts = []struct{ name, text string }{
	{"Gmail in Vietnamese", "Dạ em cảm ơn.\n\nVào Th 2, 23 thg 11, 2026 vào lúc 08:30 Tổng đài 1022 <1022@thanhhoa.gov.vn> đã viết:\n\n> Chào anh An,\n> Anh mang CCCD theo.\n"},
	{"Gmail in Vietnamese, broken over two lines", "Dạ em cảm ơn.\n\nVào Th 2, 23 thg 11, 2026 vào lúc 08:30 Tổng đài 1022 <\n1022@thanhhoa.gov.vn> đã viết:\n\n> Chào anh An\n"},
	{"Gmail in English", "Thanks.\n\nOn Mon, Nov 23, 2026 at 8:30 AM Hotline 1022 <1022@thanhhoa.gov.vn> wrote:\n\n> Dear Mr An\n>\n> Bring your ID.\n"},
	{"Gmail with a narrow blank", "Thanks.\n\nOn Mon, Nov 23, 2026 at 8:30\u202fAM Hotline 1022 <1022@thanhhoa.gov.vn>\nwrote:\n\n> Dear Mr An\n"},
	{"Gmail of the newer kind", "Cảm ơn.\n\n2026-11-23 8:30 GMT+07:00 Tổng đài 1022 <1022@thanhhoa.gov.vn>:\n\n> Chào anh\n"},
	{"Outlook in English", "Tôi đã nhận được.\n\nFrom: Tổng đài 1022 <1022@thanhhoa.gov.vn>\nSent: Monday, November 23, 2026 8:30 AM\nTo: An <an@example.vn>\nSubject: Re: Hỏi\n\nChào anh An,\nAnh mang CCCD.\n"},
	{"Outlook in Vietnamese", "Tôi đã nhận được.\n\nTừ: Tổng đài 1022 <1022@thanhhoa.gov.vn>\nĐã gửi: Thứ Hai, 23 tháng 11 2026 8:30 SA\nTới: An <an@example.vn>\nChủ đề: Re: Hỏi\n\nChào anh An\n"},
	{"Outlook with a rule", "Tôi đã nhận được.\n\n________________________________\nTừ: Tổng đài 1022\nĐã gửi: Thứ Hai, 23 tháng 11 2026 8:30 SA\nĐến: An\nChủ đề: Hỏi\n\nChào anh An\n"},
	{"Outlook in bold", "Tôi đã nhận được.\n\n*From:* Tổng đài 1022\n*Sent:* Monday\n*To:* An\n*Subject:* Re: Hỏi\n\nChào anh An\n"},
	{"Outlook of 2003", "Đã nhận.\n\n-----Original Message-----\nFrom: Tổng đài 1022\nSent: Monday\nTo: An\n\nChào anh\n"},
	{"Outlook without an address", "Đã nhận.\n\nFrom: Tổng đài\nDate: Monday\nSubject: Hỏi\n\nChào anh\n"},
	{"Outlook on Android", "Đã nhận\n\nGửi từ Outlook dành cho Android\n________________________________\nTừ: Tổng đài <1022@thanhhoa.gov.vn>\nĐã gửi: Thứ Hai\nĐến: An\n\nChào anh\n"},
	{"Zimbra in Vietnamese", "Sở đã chuyển.\n\n----- Thư gốc -----\nTừ: \"Tổng đài 1022\" <1022@thanhhoa.gov.vn>\nĐến: \"An\" <an@example.vn>\nĐã gửi: Thứ Hai, 23 Tháng mười một, 2026 8:30:00 SA\nTiêu đề: Hỏi\n\nChào anh An\n"},
	{"Zimbra in English", "Sở đã chuyển.\n\nFrom: \"Tổng đài 1022\" <1022@thanhhoa.gov.vn>\nTo: \"An\" <an@example.vn>\nSent: Monday, November 23, 2026 8:30:00 AM\nSubject: Hỏi\n\nChào anh An\n"},
	{"Apple in Vietnamese", "Dạ vâng ạ.\n\nĐã gửi từ iPhone của tôi\n\n> Vào 08:30, 23 thg 11, 2026, Tổng đài 1022 <1022@thanhhoa.gov.vn> đã viết:\n> \n> Chào anh An\n"},
	{"Apple in English", "Yes.\n\nSent from my iPhone\n\n> On Nov 23, 2026, at 08:30, Hotline <1022@thanhhoa.gov.vn> wrote:\n> \n> Dear Mr An\n"},
	{"Apple, not quoted", "Dạ.\n\nVào ngày 23 thg 11, 2026, lúc 08:30, Tổng đài 1022 <1022@thanhhoa.gov.vn> đã viết:\n\nChào anh An\n"},
	{"Yahoo in Vietnamese", "Dạ cảm ơn.\n\n    Vào Thứ Hai, 23 tháng 11, 2026 lúc 08:30:00 GMT+7, Tổng đài 1022 <1022@thanhhoa.gov.vn> đã viết:  \n \n Chào anh An\n"},
	{"Yahoo on Android", "Dạ cảm ơn.\n\nĐược gửi từ Yahoo Mail trên Android\n"},
	{"Samsung", "Dạ cảm ơn.\n\nĐược gửi từ điện thoại Samsung Galaxy của tôi\n"},
	{"Thunderbird in French", "Merci.\n\nLe 23/11/2026 à 08:30, 1022 a écrit :\n> Bonjour\n"},
	{"our own line, quoted", "Đồng ý.\n\n> " + Delimiter + "\n>\n> Chào anh\n"},
	{"our own line, not quoted", "Đồng ý.\n\n" + Delimiter + "\n\nChào anh\n"},
	{"our own line below who wrote it", "Đồng ý.\n\nVào Th 2, 23 thg 11, 2026 lúc 08:30 1022 <1022@thanhhoa.gov.vn> đã viết:\n\n" + Delimiter + "\nChào anh\n"},
	{"our own line and nothing said", "\n\nVào Th 2, 23 thg 11, 2026 lúc 08:30 1022 <1022@thanhhoa.gov.vn> đã viết:\n> " + Delimiter + "\n> Chào anh\n"},
	{"nothing said above a stranger's letter", "From: Sở Xây dựng\nSent: Monday\nTo: An\nSubject: Công văn\n\nKính gửi các đơn vị\n"},
	{"answers between the lines", "Chào anh,\n\n> Câu 1: ở đâu?\nỞ phường Hàm Rồng.\n\n> Câu 2: khi nào?\nSáng nay.\n\n> Trân trọng\n"},
	{"answers between the lines, who wrote first", "Vào Th 2, 23 thg 11, 2026 lúc 08:30 1022 <1022@thanhhoa.gov.vn> đã viết:\n> Ở đâu?\nỞ phường Hàm Rồng.\n> Khi nào?\nSáng nay.\n"},
	{"the answer below", "Vào Th 2, 23 thg 11, 2026 lúc 08:30 1022 <1022@thanhhoa.gov.vn> đã viết:\n\n> Anh ở đâu?\n\nTôi ở phường Hàm Rồng.\n"},
	{"the answer below, nobody named", "> Anh ở đâu?\n> Khi nào?\n\nTôi ở phường Hàm Rồng.\n"},
	{"a letter passed on by Gmail", "Nhờ tổng đài xem giúp.\n\n---------- Forwarded message ---------\nTừ: Công ty Điện <dien@example.vn>\nNgày: Th 2\nSubject: Cắt điện\nTo: An\n\nKính gửi quý khách\n"},
	{"a letter passed on by Apple", "Bắt đầu thư chuyển tiếp:\n\n> Từ: A <a@example.vn>\n> Chủ đề: B\n>\n> Nội dung\n"},
	{"a signature", "Nội dung chính.\n\n-- \nNguyễn Văn An\nĐT: 0912 345 678\n"},
	{"a signature whose blank was lost", "Nội dung chính.\n\n--\nNguyễn Văn An\n"},
	{"two dashes far above the end", "Một\n--\n" + strings.Repeat("dòng\n", 40)},
	{"a signature above the quote", "Nội dung.\n\n-- \nAn\n\nVào Th 2, 23 thg 11, 2026 lúc 08:30 1022 <1022@thanhhoa.gov.vn> đã viết:\n> Chào\n"},
	{"only a signature", "-- \nNguyễn Văn An\n"},
	{"an official letter that names from and to", "Kính gửi: UBND tỉnh\nTừ ngày 01/11, đường bị ngập.\nĐến nay chưa xử lý.\nNgày mai đề nghị trả lời.\n"},
	{"a sentence that begins with Vào", "Vào lúc 8 giờ sáng nay tôi có viết:\nđơn gửi phường.\n"},
	{"a sentence that begins with Vào, in the middle", "Kính gửi tổng đài.\nVào ngày 12/11/2026 tôi đã viết:\nđơn gửi phường.\n"},
	{"a road from and to", "Đường bị hỏng:\nTừ: cầu Hạc\nĐến: chợ Vườn Hoa\nNgày: 12/11\nĐề nghị sửa.\n"},
	{"arrows that are no quotes", "Bước 1 -> Bước 2\nx > y\n"},
	{"quotes of quotes", "Vâng.\n\n> Vào Th 2, A <a@example.vn> đã viết:\n>> Hỏi?\n> Trả lời.\n"},
	{"nothing", ""},
	{"blanks only", " \n\t\n "},
}

func quoteLetters() (all []specimen) {
	for _, q := range quoteTexts {
		all = append(all, specimen{q.name, eml(wire(q.text), "Subject: x", "Content-Type: text/plain; charset=utf-8")})
	}
	for _, q := range []struct{ name, html string }{
		{"Gmail's HTML", `<div dir="ltr">Dạ cảm ơn.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Vào Th 2, 23 thg 11, 2026 vào lúc 08:30 Tổng đài 1022 &lt;<a href="mailto:1022@thanhhoa.gov.vn">1022@thanhhoa.gov.vn</a>&gt; đã viết:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid"><p>Chào anh</p><p>Anh mang CCCD</p></blockquote></div>`},
		{"Outlook's HTML on the web", `<div>Đã nhận.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Từ:</b> Tổng đài<br><b>Đã gửi:</b> Thứ Hai<br><b>Đến:</b> An<br><b>Chủ đề:</b> Hỏi</div><div>Chào anh An</div>`},
		{"Outlook's HTML on Windows", `<div class=WordSection1><p class=MsoNormal>Đã nhận.<o:p></o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal><b>From:</b> Tổng đài<br><b>Sent:</b> Monday<br><b>To:</b> An<br><b>Subject:</b> Hỏi<o:p></o:p></p></div><p class=MsoNormal>Chào anh<o:p></o:p></p></div>`},
		{"Apple's HTML", `<html><body>Dạ vâng.<br><div dir="ltr">Đã gửi từ iPhone của tôi</div><div dir="ltr"><br><blockquote type="cite">Vào 08:30, 23 thg 11, 2026, Tổng đài &lt;1022@thanhhoa.gov.vn&gt; đã viết:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">Chào anh</div></blockquote></body></html>`},
		{"Yahoo's HTML", `<div>Dạ cảm ơn.</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>Vào Thứ Hai, 23 tháng 11, 2026 lúc 08:30:00 GMT+7, Tổng đài &lt;1022@thanhhoa.gov.vn&gt; đã viết:</div><div>Chào anh</div></div>`},
		{"Zimbra's HTML", `<div>Sở đã chuyển.</div><hr id="zwchr" data-marker="__DIVIDER__"><div><b>From: </b>"Tổng đài"<br><b>To: </b>"An"<br><b>Sent: </b>Monday<br><b>Subject: </b>Hỏi</div><div>Chào anh</div>`},
		{"Thunderbird's HTML", `<p>Vâng.</p><div class="moz-cite-prefix">Vào 23/11/2026 08:30, Tổng đài đã viết:<br></div><blockquote type="cite" cite="mid:a@b">Chào anh</blockquote>`},
		{"a passage of a law that a citizen quotes", `<p>Theo điều 5:</p><blockquote>Người dân có quyền khiếu nại.</blockquote><p>Đề nghị trả lời.</p>`},
	} {
		all = append(all, specimen{q.name, eml(q.html, "Subject: x", "Content-Type: text/html; charset=utf-8")})
	}
	return all
}

func automaticLetters() (all []specimen) {
	for _, h := range []struct {
		name   string
		header []string
	}{
		{"a person's letter", nil},
		{"said to be automatic", []string{"Auto-Submitted: auto-replied"}},
		{"generated", []string{"Auto-Submitted: auto-generated (nightly)"}},
		{"notified", []string{"Auto-Submitted: auto-notified; owner-email=\"a@b\""}},
		{"said not to be automatic", []string{"Auto-Submitted: no"}},
		{"no sender of the envelope", []string{"Return-Path: <>"}},
		{"a list", []string{"List-Id: <ds.example.vn>"}},
		{"a list to leave", []string{"List-Unsubscribe: <mailto:x@example.vn>"}},
		{"a list of old", []string{"Mailing-List: contact x"}},
		{"bulk", []string{"Precedence: bulk"}},
		{"junk", []string{"Precedence: JUNK"}},
		{"precedence list", []string{"Precedence: list"}},
		{"away, as vacation programs say", []string{"Precedence: auto_reply"}},
		{"no answers wanted", []string{"X-Auto-Response-Suppress: OOF, AutoReply"}},
		{"no receipts wanted", []string{"X-Auto-Response-Suppress: RN, NRN"}},
		{"an autoreply of a hosting panel", []string{"X-Autorespond: x"}},
		{"a bulk mailer", []string{"Feedback-ID: 1:2:3:x"}},
		{"away, in English", []string{"Subject: Out of Office: x"}},
		{"automatic reply of Exchange", []string{"Subject: Automatic reply: x"}},
		{"automatic reply in Vietnamese", []string{"Subject: =?utf-8?Q?T=E1=BB=B1_=C4=91=E1=BB=99ng_tr=E1=BA=A3_l=E1=BB=9Di:_x?="}},
		{"the same in other words", []string{"Subject: Thư trả lời tự động: x"}},
		{"a citizen who asks about automatic replies", []string{"Subject: Hỏi về trả lời tự động của tổng đài"}},
		{"no-reply", []string{"From: no-reply@example.vn"}},
		{"donotreply with a tail", []string{"From: DoNotReply+x@example.vn"}},
		{"a notifier", []string{"From: thongbao.noreply@example.vn"}},
		{"a person named Noreen", []string{"From: noreen@example.vn"}},
		{"mailer-daemon", []string{"From: MAILER-DAEMON@mx.example.vn"}},
		{"our own letter come back", []string{"From: 1022@thanhhoa.gov.vn"}},
		{"our own mark come back", []string{"X-Loop: 1022@thanhhoa.gov.vn"}},
		{"a mark of somebody else", []string{"X-Loop: x@example.vn"}},
	} {
		all = append(all, specimen{h.name, eml("Xin chào\r\n", h.header...)})
	}
	return all
}

func reportLetters() []specimen {
	report := func(kind, text string, parts ...string) string {
		return eml(parted("R", append([]string{part("Content-Type: text/plain; charset=utf-8", text)}, parts...)...),
			"Return-Path: <>", "From: Mail Delivery System <MAILER-DAEMON@mx.example.vn>", "Subject: Undelivered Mail Returned to Sender", "Content-Type: multipart/report; report-type="+kind+"; boundary=R")
	}
	status := func(groups ...string) string {
		return part("Content-Type: message/delivery-status", wire("Reporting-MTA: dns; mx.example.vn\nOriginal-Envelope-Id: d42\n\n"+strings.Join(groups, "\n\n")+"\n"))
	}
	ours := part("Content-Type: message/rfc822", eml("Chào anh", "From: 1022@thanhhoa.gov.vn", "Message-ID: <m991@1022.example.vn>"))
	heads := part("Content-Type: text/rfc822-headers", "Message-ID: <m991@1022.example.vn>\r\nSubject: x")
	failed := "Final-Recipient: rfc822; dan@khong-co.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <dan@khong-co.example>: user\n unknown"
	words := func(from, subject, text string) string {
		return eml(wire(text), "Return-Path: <>", "From: "+from, "Subject: "+subject, "Content-Type: text/plain; charset=utf-8")
	}
	return []specimen{
		{"Postfix: failed", report("delivery-status", "This is the mail system.", status(failed), ours)},
		{"Postfix: only the header of ours", report("delivery-status", "This is the mail system.", status(failed), heads)},
		{"delayed", report("delivery-status", "Warning", status("Final-Recipient: rfc822; dan@example.vn\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: Fri"), heads)},
		{"delivered", report("delivery-status", "OK", status("Final-Recipient: rfc822;dan@example.vn\nAction: delivered\nStatus: 2.0.0"), heads)},
		{"one of three failed", report("delivery-status", "x", status("Final-Recipient: rfc822; a@example.vn\nAction: relayed\nStatus: 2.0.0", failed, "Final-Recipient: rfc822; c@example.vn\nAction: delayed\nStatus: 4.2.2"), heads)},
		{"mailbox full", report("delivery-status", "x", status("Final-Recipient: rfc822; a@example.vn\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full"), heads)},
		{"too large", report("delivery-status", "x", status("Original-Recipient: rfc822;a@example.vn\nAction: failed\nStatus: 5.3.4"), heads)},
		{"not authenticated, as Gmail says", report("delivery-status", "x", status("Final-Recipient: rfc822; a@gmail.com\nAction: failed\nStatus: 5.7.26\nDiagnostic-Code: smtp; 550-5.7.26 Your email has been blocked"), heads)},
		{"no action, only a status", report("delivery-status", "x", status("Final-Recipient: rfc822; a@example.vn\nStatus: 5.0.0"), heads)},
		{"the status in base64", report("delivery-status", "x", part("Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64", inBase64("Reporting-MTA: dns; x\r\n\r\n"+wire(failed))), heads)},
		{"a status that says nothing", report("delivery-status", "5.1.1 <dan@example.vn> user unknown", part("Content-Type: message/delivery-status", "x"), heads)},
		{"a thousand recipients", report("delivery-status", "x", status(strings.Split(strings.Repeat(failed+"|", 999)+failed, "|")...), heads)},
		{"Exchange", report("delivery-status", "Your message couldn't be delivered.", part("Content-Type: message/delivery-status", wire("Reporting-MTA: dns;EX1.example.vn\n\nFinal-Recipient: RFC822;dan@example.vn\nAction: failed\nStatus: 5.1.10\nRemote-MTA: dns;x\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound\n")), part("Content-Type: message/rfc822", eml("x", "Message-ID: <m991@1022.example.vn>")))},
		{"read", report("disposition-notification", "Đã đọc", part("Content-Type: message/disposition-notification", wire("Final-Recipient: rfc822; dan@example.vn\nOriginal-Message-ID: <m991@1022.example.vn>\nDisposition: manual-action/MDN-sent-manually; displayed\n")))},
		{"deleted unread", report("disposition-notification", "x", part("Content-Type: message/disposition-notification", wire("Final-Recipient: rfc822; dan@example.vn\nOriginal-Message-ID: <m991@1022.example.vn>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n")))},
		{"called spam", report("feedback-report", "x", part("Content-Type: message/feedback-report", wire("Feedback-Type: abuse\nOriginal-Rcpt-To: <dan@example.vn>\n")), ours)},
		{"qmail", words("MAILER-DAEMON@example.vn", "failure notice", "Hi. This is the qmail-send program at example.vn.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<dan@example.net>:\n550 5.1.1 No such user\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <1022@thanhhoa.gov.vn>\nMessage-ID: <m991@1022.example.vn>\nSubject: x\n")},
		{"Gmail in words", words("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)", "** Address not found **\n\nYour message wasn't delivered to dan@khong-co.example because the address couldn't be found.\n\nThe response was:\n550 5.1.1 The email account that you tried to reach does not exist.\n")},
		{"Gmail in Vietnamese", words("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)", "** Không tìm thấy địa chỉ **\n\nThư của bạn không gửi được tới dan@khong-co.example vì không tìm thấy địa chỉ.\n")},
		{"Exim", eml(wire("This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  dan@example.net\n    SMTP error from remote mail server after RCPT TO:<dan@example.net>:\n    550 5.1.1 Unknown user\n"), "Return-Path: <>", "From: Mail Delivery System <Mailer-Daemon@x.vn>", "Subject: Mail delivery failed: returning message to sender", "X-Failed-Recipients: dan@example.net", "In-Reply-To: <m991@1022.example.vn>")},
		{"Sendmail waiting", words("MAILER-DAEMON@example.vn", "Warning: could not send message for past 4 hours", "**********************************************\n**      THIS IS A WARNING MESSAGE ONLY      **\n**  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n\nMessage delayed. <dan@example.net>... Deferred: 451 4.4.1 Connection timed out\nMessage will be retried. Delivery Status Notification\n")},
		{"an old Exchange in words", words("postmaster@example.vn", "Undeliverable: Re: x", "Your message did not reach some or all of the intended recipients.\n\nThe following recipient(s) cannot be reached:\n\n      dan@example.net on 23/11/2026\n            The e-mail account does not exist. <mx.example.net #5.1.1 smtp;550 5.1.1 unknown>\n")},
		{"a server in Vietnamese", words("Postmaster <postmaster@thanhhoa.gov.vn>", "Không thể gửi được thư", "Thư gửi tới dan@example.net không thể gửi được: 550 5.2.1 Mailbox disabled\nMessage-ID: <m991@1022.example.vn>\n")},
		{"words that name nobody", words("MAILER-DAEMON@example.vn", "Returned mail: see transcript for details", "The original message was received.\n550 Unknown\n")},
		{"a citizen who writes of a bounce", eml(wire("Tôi gửi thư thì bị trả lại: 550 5.1.1 user unknown dan@example.net\n"), "Subject: Undelivered Mail Returned to Sender")},
		{"a report of no kind", report("x-la", "Không rõ")},
	}
}
