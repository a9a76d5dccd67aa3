package letter

import (
	"fmt"
	"strings"

	"tongdai/kb/vi"
)

func headerLetters() (all []specimen) {
	for _, s := range []struct{ name, subject string }{
		{"plain", "Hoi ve ho chieu"},
		{"base64 word", "=?UTF-8?B?SOG7j2kgduG7gSBo4buZIGNoaeG6v3U=?="},
		{"quoted word", "=?utf-8?Q?H=E1=BB=8Fi_v=E1=BB=81_h=E1=BB=99_chi=E1=BA=BFu?="},
		{"quoted word with blanks inside", "=?utf-8?Q?H=E1=BB=8Fi v=E1=BB=81 h=E1=BB=99 chi=E1=BA=BFu?="},
		{"two words, the blank between is none", "=?utf-8?B?SOG7j2kg?= =?utf-8?B?duG7gQ==?="},
		{"words folded over lines", "=?utf-8?B?SOG7j2kg?=\r\n =?utf-8?B?duG7gQ==?=\r\n\t=?utf-8?Q?_h=E1=BB=99?="},
		{"a character cut in two by words", "=?utf-8?B?SOG7?= =?utf-8?B?j2k=?="},
		{"word within text", "Re: =?utf-8?B?SOG7j2k=?= (1)"},
		{"word glued to text", "abc=?utf-8?B?SOG7j2k=?=def"},
		{"word with a language", "=?utf-8*vi?Q?H=E1=BB=8Fi?="},
		{"word without its end", "=?utf-8?B?SOG7j2kgduG7gSBo4buZ"},
		{"word without its end, another behind it", "=?utf-8?B?SOG7j2k=?==?utf-8?Q?_v=E1=BB=81?="},
		{"base64 word without padding", "=?utf-8?B?SOG7j2kgduG7gQ?="},
		{"base64 word with rubbish inside", "=?utf-8?B?SOG7!j2k*g?="},
		{"base64 word with a digit too many", "=?utf-8?B?SOG7j2kgd?="},
		{"word in an encoding nobody knows", "=?utf-8?X?abc?="},
		{"word in a charset nobody knows", "=?x-nobody?Q?H=E1=BB=8Fi?="},
		{"word with an empty charset", "=??Q?abc?="},
		{"empty word", "=?utf-8?Q??= x"},
		{"word in windows-1258", "=?windows-1258?Q?" + qWord(encodedAs(vi.Windows1258, "Hỏi về hộ chiếu")) + "?="},
		{"word in iso-8859-1 that is TCVN3", "=?iso-8859-1?Q?" + qWord(encodedAs(vi.TCVN3, "Đề nghị xử lý đường ngập nước ở phường Hàm Rồng")) + "?="},
		{"raw UTF-8", "Hỏi về hộ chiếu"},
		{"raw UTF-8 in a very long line", strings.Repeat("Hỏi về hộ chiếu ", 200)},
		{"raw bytes that are nothing", "H\xff\xfei"},
		{"line ends in a word", "=?utf-8?Q?A=0D=0ABcc:_b@example.vn?="},
		{"Unicode line ends in a word", "=?utf-8?Q?A=E2=80=A8B=C2=85C?="},
		{"NUL in a word", "=?utf-8?Q?A=00B?="},
		{"direction marks that turn the text", "=?utf-8?Q?A=E2=80=AEgnp.exe?="},
		{"only blanks", "   "},
		{"folded in the middle of a word", "Hoi ve\r\n  ho chieu"},
		{"half an escape at the end", "=?utf-8?Q?A=E?="},
		{"ten thousand words", strings.Repeat("=?utf-8?Q?a?= ", 10000)},
		{"question marks without a word", "Sao lại thế =? không =?= hiểu ?="},
		{"word in a quoted string", "\"=?utf-8?B?SOG7j2k=?=\""},
	} {
		all = append(all, specimen{"subject: " + s.name, eml("x\r\n", "Subject: "+s.subject)})
	}
	for _, d := range []struct{ name, date string }{
		{"as it should be", "Mon, 23 Nov 2026 08:30:00 +0700"},
		{"with a zone in words", "Mon, 23 Nov 2026 08:30:00 GMT"},
		{"with a comment", "Mon, 23 Nov 2026 08:30:00 +0700 (ICT)"},
		{"with the wrong day", "Fri, 23 Nov 2026 08:30:00 +0700"},
		{"without a day", "23 Nov 2026 08:30:00 +0700"},
		{"without a zone", "Mon, 23 Nov 2026 08:30:00"},
		{"as a computer writes it", "2026-11-23T08:30:00+07:00"},
		{"as Unix writes it", "Mon Nov 23 08:30:00 2026"},
		{"of another age", "Mon, 23 Nov 0026 08:30:00 +0700"},
		{"of the far future", "Mon, 23 Nov 9926 08:30:00 +0700"},
		{"that is none", "hôm qua"},
		{"that is very long", strings.Repeat("Mon, ", 5000)},
	} {
		all = append(all, specimen{"date: " + d.name, eml("x\r\n", "Date: "+d.date)})
	}
	many := make([]string, 5000)
	for i := range many {
		many[i] = fmt.Sprintf("X-Field-%d: %d", i, i)
	}
	return append(all,
		specimen{"no header at all", "Xin chào tổng đài\r\n"},
		specimen{"nothing at all", ""},
		specimen{"only an empty line", "\r\n"},
		specimen{"a header without a body", "From: an@example.vn\r\nSubject: x"},
		specimen{"a header without an empty line behind it", "From: an@example.vn\r\nSubject: x\r\n"},
		specimen{"the line of a mailbox file first", "From an@example.vn Mon Nov 23 08:30:00 2026\r\n" + eml("x\r\n", "Subject: x")},
		specimen{"that line, guarded", ">From an@example.vn Mon Nov 23 08:30:00 2026\r\n" + eml("x\r\n", "Subject: x")},
		specimen{"lines that are no fields", eml("x\r\n", "Subject: x", "this is no field", "X-Y: z", ": no name", "\tcontinued", "Bad Name: y", "Cc: b@example.vn")},
		specimen{"a field with a blank before its colon", eml("x\r\n", "Subject : x")},
		specimen{"line ends doubled", strings.ReplaceAll(eml("Xin chào\r\nhai dòng\r\n", "Subject: x"), "\r\n", "\r\r\n")},
		specimen{"bare LF", strings.ReplaceAll(eml("Xin chào\r\nhai dòng\r\n", "Subject: x"), "\r\n", "\n")},
		specimen{"bare CR within the body", eml("Xin chào\rhai dòng\r\n", "Subject: x")},
		specimen{"a header of 1 MB in one field", eml("x\r\n", "Subject: x", "X-Long: "+strings.Repeat("a", 1<<20))},
		specimen{"a header of 1 MB in folded lines", eml("x\r\n", "Subject: x", "X-Long: a"+strings.Repeat("\r\n "+strings.Repeat("b", 70), 15000))},
		specimen{"5,000 fields", eml("x\r\n", append([]string{"Subject: x"}, many...)...)},
		specimen{"100,000 recipients", eml("x\r\n", "Subject: x", "To: "+strings.Repeat("b@example.vn,\r\n ", 100000)+"c@example.vn")},
		specimen{"subject twice", eml("x\r\n", "Subject: một", "Subject: hai")},
		specimen{"NUL in a field", eml("x\r\n", "Subject: a\x00b", "X\x00Y: z")},
		specimen{"a field of tabs", eml("x\r\n", "Subject:\t\t\tx\t")},
	)
}

func qWord(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		fmt.Fprintf(&b, "=%02X", raw[i])
	}
	return b.String()
}

func addressLetters() (all []specimen) {
	for _, f := range []struct{ name, from string }{
		{"bare", "an@example.vn"},
		{"in brackets", "<an@example.vn>"},
		{"with a name", "Nguyen Van An <an@example.vn>"},
		{"with a quoted name", `"Nguyen, Van An" <an@example.vn>`},
		{"with an encoded name", "=?utf-8?B?Tmd1eeG7hW4gVsSDbiBBbg==?= <an@example.vn>"},
		{"with an encoded name in quotes", `"=?utf-8?B?Tmd1eeG7hW4gVsSDbiBBbg==?=" <an@example.vn>`},
		{"with a raw name", "Nguyễn Văn An <an@example.vn>"},
		{"with a name in a comment", "an@example.vn (Nguyễn Văn An)"},
		{"with a comma in a name without quotes", "Nguyen, Van An <an@example.vn>"},
		{"with its address as name", `"an@example.vn" <an@example.vn>`},
		{"with another address as name", `"1022@thanhhoa.gov.vn" <mallory@example.net>`},
		{"without its closing bracket", "An <an@example.vn"},
		{"with two brackets", "An <an@example.vn> <b@example.vn>"},
		{"in capitals", "AN@EXAMPLE.VN"},
		{"with blanks in the brackets", "An < an@example.vn >"},
		{"with a quoted local part", `"nguyen van"@example.vn`},
		{"with a local part quoted for nothing", `"an"@example.vn`},
		{"with mailto", "<mailto:an@example.vn>"},
		{"without an at sign", "An <an.example.vn>"},
		{"without a domain", "An <an@>"},
		{"only a name", "Nguyễn Văn An"},
		{"empty", ""},
		{"nobody", "<>"},
		{"two at signs", "an@b@example.vn"},
		{"two authors", "an@example.vn, b@example.vn"},
		{"line ends in the name", "=?utf-8?Q?An=0D=0ABcc:_x@y.vn?= <an@example.vn>"},
		{"a very long name", "\"" + strings.Repeat("An ", 3000) + "\" <an@example.vn>"},
		{"a very long address", strings.Repeat("a", 3000) + "@example.vn"},
		{"in a domain of the country", "An <an@tổngđài.vn>"},
		{"an IP address for a domain", "An <an@[10.0.0.1]>"},
		{"with an open quote", `"An <an@example.vn>`},
		{"with an open comment", "an@example.vn (An"},
		{"a route before it", "An <@a.vn,@b.vn:an@example.vn>"},
		{"semicolons", "an@example.vn; b@example.vn"},
	} {
		all = append(all, specimen{"from: " + f.name, eml("x\r\n", "From: "+f.from)})
	}
	return append(all,
		specimen{"to: a group", eml("x\r\n", "To: Lãnh đạo: a@example.vn, \"B, C\" <b@example.vn>;, d@example.vn")},
		specimen{"to: nobody named", eml("x\r\n", "To: undisclosed-recipients:;")},
		specimen{"to: twice", eml("x\r\n", "To: a@example.vn", "To: b@example.vn", "Cc: c@example.vn, , d@example.vn")},
		specimen{"delivered to", eml("x\r\n", "Delivered-To: 1022+ab-12-cd@thanhhoa.gov.vn", "X-Original-To: 1022@thanhhoa.gov.vn", "Envelope-To: x@thanhhoa.gov.vn, 1022@thanhhoa.gov.vn")},
		specimen{"answers wanted elsewhere", eml("x\r\n", "Reply-To: Văn thư <vt@example.vn>, vt2@example.vn")},
		specimen{"the sender of the envelope", eml("x\r\n", "Return-Path: <an@example.vn>")},
		specimen{"only a Sender", "Sender: vt@example.vn\r\nSubject: x\r\n\r\nx\r\n"},
	)
}

func threadLetters() (all []specimen) {
	for _, s := range []struct {
		name   string
		header []string
	}{
		{"no id", []string{"Message-ID:"}},
		{"an id without brackets", []string{"Message-ID: abc@example.vn"}},
		{"an id without an at sign", []string{"Message-ID: <abc>"}},
		{"an id of 10 kB", []string{"Message-ID: <" + strings.Repeat("a", 10000) + "@example.vn>"}},
		{"an id folded in the middle", []string{"Message-ID:\r\n <abc\r\n def@example.vn>"}},
		{"two ids", []string{"Message-ID: <a@example.vn> <b@example.vn>"}},
		{"an id with NUL", []string{"Message-ID: <a\x00b@example.vn>"}},
		{"an answer", []string{"In-Reply-To: <q@1022.vn>"}},
		{"an answer with its thread", []string{"In-Reply-To: <q3@1022.vn>", "References: <q1@1022.vn> <q2@1022.vn> <q3@1022.vn>"}},
		{"only references", []string{"References: <q1@1022.vn>\r\n <q2@1022.vn>"}},
		{"references with commas", []string{"References: <q1@1022.vn>,<q2@1022.vn>"}},
		{"references without brackets", []string{"References: q1@1022.vn q2@1022.vn"}},
		{"references with rubbish between", []string{"References: <q1@1022.vn> \"x\" (y) <q2@1022.vn"}},
		{"an answer in words", []string{"In-Reply-To: Your message of \"Mon\" <q@1022.vn>"}},
		{"its own id among them", []string{"References: <m1@example.vn> <q@1022.vn>"}},
		{"a thousand references", []string{"References:" + strings.Repeat(" <q@1022.vn>", 1000) + " <z@1022.vn>"}},
		{"a thousand different references", []string{"References:" + numbered(1000)}},
		{"references twice", []string{"References: <q1@1022.vn>", "References: <q2@1022.vn>"}},
		{"an id of Exchange", []string{"Message-ID: <SG2PR03MB1234ABCD+ef/gh=@SG2PR03MB1234.apcprd03.prod.outlook.com>"}},
		{"an id in brackets twice", []string{"In-Reply-To: <<q@1022.vn>>"}},
	} {
		all = append(all, specimen{s.name, eml("x\r\n", s.header...)})
	}
	return all
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " <q%d@1022.vn>", i)
	}
	return b.String()
}
