package letter

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

func attachmentLetters() []specimen {
	text := part("Content-Type: text/plain; charset=utf-8", "Xin chào")
	forwarded := eml("Nội dung thư gốc\r\n", "From: Sở Xây dựng <sxd@thanhhoa.gov.vn>", "Subject: =?utf-8?B?SOG7j2k=?=", "Message-ID: <goc@sxd.vn>")
	withFile := multipart("mixed", "I", part("Content-Type: text/plain", "Thư trong"), part("Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"trong.pdf\"", "%PDF"))
	nested := withFile
	for range 10 {
		nested = eml(nested, "Subject: ngoài", "Content-Type: message/rfc822")
	}
	invite := "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Họp giao ban\\, tuần 48\r\nLOCATION:Phòng họp 2\\nUBND tỉnh\r\nDTSTART;TZID=SE Asia Standard Time:20261125T083000\r\nDTEND:20261125T033000Z\r\nORGANIZER;CN=\"Văn phòng: UBND\":mailto:vp@thanhhoa.gov.vn\r\nDESCRIPTION:Mời\r\n  các anh chị\r\nBEGIN:VALARM\r\nDESCRIPTION:Nhắc\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	allDay := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Nghỉ lễ\nDTSTART;VALUE=DATE:20260902\nDTEND;VALUE=DATE:20260904\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR"
	return []specimen{
		{"a letter within", multipart("mixed", "B", text, part("Content-Type: message/rfc822", forwarded))},
		{"a letter within, in base64", multipart("mixed", "B", text, part("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", inBase64(forwarded)))},
		{"a letter within, with a file", multipart("mixed", "B", text, part("Content-Type: message/rfc822; name=\"chuyển.eml\"", withFile))},
		{"a letter that is only another", eml(forwarded, "Subject: Fwd: x", "Content-Type: message/rfc822")},
		{"ten letters within each other", nested},
		{"an empty letter within", multipart("mixed", "B", text, part("Content-Type: message/rfc822", ""))},
		{"a part of a letter", eml("nửa thư", "Subject: x", `Content-Type: message/partial; id="a"; number=1; total=2`)},
		{"a file that lies elsewhere", eml("", "Subject: x", `Content-Type: message/external-body; access-type=URL; url="http://10.0.0.1/x"`)},
		{"an invitation", multipart("alternative", "B", text, part("Content-Type: text/calendar; charset=utf-8; method=REQUEST", invite))},
		{"an invitation as a file", multipart("mixed", "B", text, part("Content-Type: application/ics; name=invite.ics", invite))},
		{"an invitation that is called off", multipart("alternative", "B", text, part("Content-Type: text/calendar; method=CANCEL", strings.ReplaceAll(invite, "REQUEST", "CANCEL")))},
		{"an invitation for days", multipart("alternative", "B", text, part("Content-Type: text/calendar", allDay))},
		{"an invitation with a length", multipart("alternative", "B", text, part("Content-Type: text/calendar", "BEGIN:VEVENT\r\nSUMMARY:A\r\nDTSTART:20261125T013000Z\r\nDURATION:PT1H30M\r\nEND:VEVENT"))},
		{"an invitation from abroad", multipart("alternative", "B", text, part("Content-Type: text/calendar", "BEGIN:VEVENT\r\nSUMMARY:A\r\nDTSTART;TZID=Tokyo Standard Time:20261125T100000\r\nDTEND;TZID=UTC:20261126T013000\r\nEND:VEVENT"))},
		{"an invitation of a moment", multipart("alternative", "B", text, part("Content-Type: text/calendar", "BEGIN:VEVENT\r\nDTSTART;TZID=Singapore Standard Time:20261125T093000\r\nEND:VEVENT"))},
		{"an answer to an invitation", multipart("alternative", "B", text, part("Content-Type: text/calendar; method=REPLY", "BEGIN:VEVENT\r\nSUMMARY:A\r\nDTSTART;VALUE=DATE:20261125\r\nEND:VEVENT"))},
		{"an invitation that never ends", multipart("alternative", "B", text, part("Content-Type: text/calendar", "BEGIN:VEVENT\r\nSUMMARY:A\r\nDTSTART:hôm nay"))},
		{"a calendar without an event", multipart("alternative", "B", text, part("Content-Type: text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR"))},
		{"a calendar of deep alarms", multipart("alternative", "B", text, part("Content-Type: text/calendar", "BEGIN:VEVENT\r\n"+strings.Repeat("BEGIN:VALARM\r\n", 5000)+"SUMMARY:A"))},
		{"winmail.dat with a file", multipart("mixed", "B", text, part("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64", inBase64(tnefOf("Đơn xin việc.docx", "noi dung docx"))))},
		{"winmail.dat as a file of any type", multipart("mixed", "B", text, part("Content-Type: application/octet-stream; name=\"WINMAIL.DAT\"\nContent-Transfer-Encoding: base64", inBase64(tnefOf("a.txt", "chao"))))},
		{"winmail.dat that is all", eml(inBase64(tnefOf("a.txt", "chao")), "Subject: x", "Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64")},
		{"winmail.dat with a page, and a letter within", eml(inBase64(tnefPage()), "Subject: x", "Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64")},
		{"winmail.dat cut in the middle", multipart("mixed", "B", text, part("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64", inBase64(tnefOf("a.txt", "chao")[:60])))},
		{"winmail.dat that is none", multipart("mixed", "B", text, part("Content-Type: application/ms-tnef; name=winmail.dat", "không phải"))},
		{"winmail.dat of lengths that lie", multipart("mixed", "B", text, part("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64", inBase64(tnefHead()+"\x02\x02\x90\x06\x00\xff\xff\xff\x7f")))},
		{"a PGP signature", multipart("signed; protocol=\"application/pgp-signature\"", "B", text, part("Content-Type: application/pgp-signature", "-----BEGIN PGP SIGNATURE-----"))},
		{"a letter in PGP", multipart("encrypted; protocol=\"application/pgp-encrypted\"", "B", part("Content-Type: application/pgp-encrypted", "Version: 1"), part("Content-Type: application/octet-stream; name=encrypted.asc", "-----BEGIN PGP MESSAGE-----"))},
		{"PGP in the text", eml("-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----\r\n", "Subject: x")},
		{"a PGP signature in the text", eml("-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nXin chào\r\n-----BEGIN PGP SIGNATURE-----\r\n", "Subject: x")},
		{"S/MIME that is no signature", multipart("signed; protocol=\"application/pkcs7-signature\"", "B", text, part("Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64", inBase64("không phải")))},
		{"S/MIME nested too deeply to be one", multipart("signed; protocol=\"application/pkcs7-signature\"", "B", text, part("Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64", inBase64(strings.Repeat("\x30\x80", 20000))))},
		{"a signature without what it signs", multipart("mixed", "B", text, part("Content-Type: application/pkcs7-signature; name=smime.p7s", "x"))},
		{"S/MIME that is sealed", eml(inBase64("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"), "Subject: x", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "Content-Transfer-Encoding: base64")},
		{"S/MIME that is rubbish", eml(inBase64("rác"), "Subject: x", "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "Content-Transfer-Encoding: base64")},
		{"a letter under rights management", multipart("mixed", "B", text, part("Content-Type: application/x-microsoft-rpmsg-message; name=message.rpmsg", "x"))},
	}
}

func tnefHead() string {
	return "\x78\x9f\x3e\x22\x01\x00"
}

// tnefAttribute is one of the rows of winmail.dat.
func tnefAttribute(level byte, tag uint32, data string) string {
	le := binary.LittleEndian
	b := []byte{level}
	b = le.AppendUint32(b, tag)
	b = le.AppendUint32(b, uint32(len(data)))
	b = append(b, data...)
	sum := uint16(0)
	for i := 0; i < len(data); i++ {
		sum += uint16(data[i])
	}
	return string(le.AppendUint16(b, sum))
}

// mapiProps are properties with values of bytes, behind some that say nothing here.
func mapiProps(values ...mapiValue) string {
	le := binary.LittleEndian
	props := le.AppendUint32(nil, uint32(len(values)+3))
	props = append(props, "\x40\x00\x39\x00"+"12345678"...)                                                                   // a time
	props = append(props, "\x03\x00\x00\x80"+"1234567812345678"+"\x00\x00\x00\x00"+"\x01\x00\x00\x00"+"1234"...)              // one with a number for a name
	props = append(props, "\x02\x00\x01\x80"+"1234567812345678"+"\x01\x00\x00\x00"+"\x03\x00\x00\x00"+"ab\x00\x00"+"1234"...) // one with a name
	for _, v := range values {
		props = le.AppendUint16(props, uint16(v.kind))
		props = le.AppendUint16(props, uint16(v.id))
		props = le.AppendUint32(props, 1)
		props = le.AppendUint32(props, uint32(len(v.data)))
		props = append(props, v.data...)
		for len(props)%4 != 0 {
			props = append(props, 0)
		}
	}
	return string(props)
}

type mapiValue struct {
	id, kind int
	data     string
}

// tnefPage is winmail.dat with HTML, and with a letter of Outlook's as attachment.
func tnefPage() string {
	return tnefHead() +
		tnefAttribute(1, tnefProps, mapiProps(mapiValue{mapiBody, mapiString, "Xin chao\x00"}, mapiValue{mapiHTML, mapiBinary, "<p>Xin <b>chào</b> <img src=cid:a1></p>"})) +
		tnefAttribute(2, tnefAttach, strings.Repeat("\x00", 14)) +
		tnefAttribute(2, tnefAttachMore, mapiProps(mapiValue{mapiShortName, mapiString, "THU~1.MSG\x00"}, mapiValue{mapiLongName, mapiString, "Thu goc.msg\x00"},
			mapiValue{mapiType, mapiString, "image/GIF\x00"}, mapiValue{mapiContentID, mapiString, "<a1>\x00"}, mapiValue{mapiData, mapiObject, "0123456789abcdef" + "noi dung"}))
}

// tnefOf is winmail.dat with a text and one file, as Outlook writes it.
func tnefOf(name, data string) string {
	le := binary.LittleEndian
	var long []byte
	for _, u := range append(utf16.Encode([]rune(name)), 0) {
		long = le.AppendUint16(long, u)
	}
	props := le.AppendUint32(nil, 2)
	props = le.AppendUint16(props, 0x0003) // a number that says nothing here
	props = le.AppendUint16(props, 0x0E20)
	props = le.AppendUint32(props, uint32(len(data)))
	props = le.AppendUint16(props, mapiUnicode)
	props = le.AppendUint16(props, mapiLongName)
	props = le.AppendUint32(props, 1)
	props = le.AppendUint32(props, uint32(len(long)))
	props = append(props, long...)
	for len(props)%4 != 0 {
		props = append(props, 0)
	}
	return tnefHead() +
		tnefAttribute(1, 0x00089006, "\x00\x00\x01\x00") +
		tnefAttribute(1, tnefBody, "Xin chao tu Outlook\x00") +
		tnefAttribute(2, tnefAttach, strings.Repeat("\x00", 14)) +
		tnefAttribute(2, tnefTitle, "DONXIN~1.DOC\x00") +
		tnefAttribute(2, tnefData, data) +
		tnefAttribute(2, tnefAttachMore, string(props))
}
