package letter

import (
	"fmt"
	"strings"
)

// gif is a picture of one point.
const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

func attached(disposition, kind string) string {
	return multipart("mixed", "B", part("Content-Type: text/plain", "Gửi kèm."),
		part("Content-Type: "+kind+"\nContent-Disposition: "+disposition+"\nContent-Transfer-Encoding: base64", inBase64("noi dung")))
}

func nameLetters() (all []specimen) {
	for _, n := range []struct{ name, disposition, kind string }{
		{"plain", `attachment; filename="don.pdf"`, "application/pdf"},
		{"without quotes, with blanks", `attachment; filename=don khieu nai.pdf`, "application/pdf"},
		{"only in the type", `attachment`, `application/pdf; name="don.pdf"`},
		{"none at all", `attachment`, "application/pdf"},
		{"none, and a type nobody knows", `attachment`, "application/x-la"},
		{"RFC 2231", `attachment; filename*=UTF-8''%C4%90%C6%A1n%20khi%E1%BA%BFu%20n%E1%BA%A1i.pdf`, "application/pdf"},
		{"RFC 2231 in pieces", "attachment; filename*0*=UTF-8''%C4%90%C6%A1n;\r\n filename*1*=%20khi%E1%BA%BFu;\r\n filename*2=\" nai.pdf\"", "application/pdf"},
		{"RFC 2231 in pieces out of order", "attachment; filename*1=b.pdf; filename*0=a", "application/pdf"},
		{"RFC 2231 without a charset", `attachment; filename*=%C4%90%C6%A1n.pdf`, "application/pdf"},
		{"RFC 2231 in windows-1258", `attachment; filename*=windows-1258''%D0%F5n.pdf`, "application/pdf"},
		{"RFC 2231 with a broken escape", `attachment; filename*=UTF-8''%C4%9Zb.pdf`, "application/pdf"},
		{"RFC 2047 in quotes", `attachment; filename="=?utf-8?B?xJDGoW4ucGRm?="`, "application/pdf"},
		{"RFC 2047 in pieces", "attachment; filename*0=\"=?utf-8?B?xJDGoW4u\"; filename*1=\"cGRm?=\"", "application/pdf"},
		{"raw UTF-8", `attachment; filename="Đơn khiếu nại.pdf"`, "application/pdf"},
		{"folders in it", `attachment; filename="../../etc/passwd"`, "application/pdf"},
		{"Windows' folders in it", `attachment; filename="C:\\Users\\An\\don.pdf"`, "application/pdf"},
		{"line ends in it", `attachment; filename*=UTF-8''don%0D%0ABcc%3A%20x.pdf`, "application/pdf"},
		{"NUL in it", `attachment; filename*=UTF-8''don%00.pdf`, "application/pdf"},
		{"turned by direction marks", `attachment; filename*=UTF-8''don%E2%80%AEfdp.exe`, "application/pdf"},
		{"very long", `attachment; filename="` + strings.Repeat("don khieu nai ", 300) + `.pdf"`, "application/pdf"},
		{"only dots", `attachment; filename="..."`, "application/pdf"},
		{"quotes escaped", `attachment; filename="don \"moi\".pdf"`, "application/pdf"},
		{"a semicolon in quotes", `attachment; filename="don; moi.pdf"`, "application/pdf"},
		{"an open quote", `attachment; filename="don.pdf`, "application/pdf"},
		{"two of them", `attachment; filename="a.pdf"; filename="b.pdf"`, "application/pdf"},
		{"inline with a name, as phones send photos", `inline; filename="IMG_1.JPG"`, `image/jpeg; name="IMG_1.JPG"`},
		{"a disposition in capitals", `ATTACHMENT; FILENAME=DON.PDF`, "APPLICATION/PDF"},
		{"no disposition, only a type", ``, `image/gif`},
		{"a text file", `attachment; filename="ghi chu.txt"`, "text/plain"},
		{"a text file shown inline", `inline; filename="ghi chu.txt"`, "text/plain"},
	} {
		all = append(all, specimen{"file name: " + n.name, attached(n.disposition, n.kind)})
	}
	return all
}

func structureLetters() []specimen {
	text := part("Content-Type: text/plain; charset=utf-8", "Xin chào")
	html := part("Content-Type: text/html; charset=utf-8", "<p>Xin <b>chào</b></p>")
	picture := part("Content-Type: image/gif\nContent-ID: <p1@x>\nContent-Transfer-Encoding: base64", inBase64(gif))
	head := func(kind, boundary string) string {
		return fmt.Sprintf("Content-Type: multipart/%s; boundary=%q", kind, boundary)
	}
	inner := func(kind, boundary string, parts ...string) string {
		return wire(head(kind, boundary)) + "\r\n\r\n" + parted(boundary, parts...)
	}
	deep := text
	for i := range 60 {
		deep = inner("mixed", fmt.Sprintf("D%d", i), deep)
	}
	deepest := strings.Builder{}
	for i := range 1000 {
		fmt.Fprintf(&deepest, "Content-Type: multipart/mixed; boundary=\"L%d\"\r\n\r\n--L%d\r\n", i, i)
	}
	return []specimen{
		{"alternative", multipart("alternative", "B", text, html)},
		{"alternative, HTML first", multipart("alternative", "B", html, text)},
		{"alternative with an empty text", multipart("alternative", "B", part("Content-Type: text/plain", ""), html)},
		{"alternative with a picture related to it", multipart("alternative", "B", text, inner("related", "R", part("Content-Type: text/html", `<p>Ảnh <img src="cid:p1@x"></p>`), picture))},
		{"related with its pages last", multipart("related", "B", picture, part("Content-Type: text/html", `<img src="cid:p1@x">x`))},
		{"mixed with text around a picture", multipart("mixed", "B", text, picture, part("Content-Type: text/plain", "và dòng cuối"))},
		{"mixed with HTML and a text of a gateway", multipart("mixed", "B", html, part("Content-Type: text/plain", "Thư này đã được quét vi-rút."))},
		{"mixed of alternative and a file", multipart("mixed", "B", inner("alternative", "A", text, html), part("Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf", "%PDF"))},
		{"no boundary named", eml(parted("B", text, html), "Subject: x", "Content-Type: multipart/mixed")},
		{"no boundary named and none there", eml("Xin chào\r\n", "Subject: x", "Content-Type: multipart/mixed")},
		{"a boundary named wrongly", eml(parted("B", text, html), "Subject: x", `Content-Type: multipart/mixed; boundary="C"`)},
		{"a boundary that never comes", eml("Xin chào\r\n", "Subject: x", `Content-Type: multipart/mixed; boundary="C"`)},
		{"a boundary without quotes and with odd signs", eml(parted("=_(B):x?", text), "Subject: x", `Content-Type: multipart/mixed; boundary==_(B):x?`)},
		{"a boundary with blanks behind it", strings.ReplaceAll(multipart("mixed", "B", text, html), "--B\r\n", "--B  \t\r\n")},
		{"no closing boundary", strings.ReplaceAll(multipart("mixed", "B", text, html), "--B--\r\n", "")},
		{"no closing boundary within", multipart("mixed", "B", strings.ReplaceAll(inner("alternative", "A", text, html), "--A--\r\n", ""), picture)},
		{"the same boundary within", multipart("mixed", "B", inner("alternative", "B", text, html), picture)},
		{"a boundary that begins another", multipart("mixed", "B", inner("alternative", "Bb", text, html), picture)},
		{"a boundary that another begins", multipart("mixed", "Bb", inner("alternative", "B", text, html), picture)},
		{"a boundary that ends as if closing", eml(parted("B--", text), "Subject: x", `Content-Type: multipart/mixed; boundary="B--"`)},
		{"a boundary in the middle of a line", multipart("mixed", "B", part("Content-Type: text/plain", "Xin --B chào"))},
		{"text before and behind the parts", eml("Lời nói đầu\r\n"+parted("B", text)+"Lời bạt\r\n", "Subject: x", head("mixed", "B"))},
		{"parts behind the closing boundary", eml(parted("B", text)+parted("B", html), "Subject: x", head("mixed", "B"))},
		{"no parts", eml("--B--\r\n", "Subject: x", head("mixed", "B"))},
		{"an empty part", multipart("mixed", "B", "\r\n", text)},
		{"a part without a header", multipart("mixed", "B", "\r\nXin chào")},
		{"a part without a header and its empty line", multipart("mixed", "B", "Xin chào\r\nhai dòng")},
		{"a part whose header never ends", multipart("mixed", "B", "Content-Type: text/plain\r\nX-Y: z")},
		{"a multipart in base64", eml(inBase64(parted("B", text)), "Subject: x", head("mixed", "B"), "Content-Transfer-Encoding: base64")},
		{"a kind of multipart nobody knows", multipart("x-la", "B", text, html)},
		{"parallel", multipart("parallel", "B", text, picture)},
		{"digest", multipart("digest", "B", "\r\n"+eml("Thư một\r\n", "Subject: mot"), "\r\n"+eml("Thư hai\r\n", "Subject: hai"))},
		{"appledouble", multipart("appledouble", "B", part("Content-Type: application/applefile", "\x00\x05"), part("Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf", "%PDF"))},
		{"60 levels deep", eml(strings.SplitN(deep, "\r\n\r\n", 2)[1], "Subject: x", strings.SplitN(deep, "\r\n\r\n", 2)[0])},
		{"1,000 levels deep", "From: an@example.vn\r\n" + deepest.String() + "\r\nXin chào\r\n"},
		{"10,000 parts", multipart("mixed", "B", strings.Split(strings.Repeat(text+"|", 9999)+text, "|")...)},
		{"10,000 files", multipart("mixed", "B", strings.Split(strings.Repeat("Content-Type: application/x-la\r\n\r\nx|", 9999)+text, "|")...)},
		{"a type that is none", eml("Xin chào\r\n", "Subject: x", "Content-Type: text")},
		{"a type with blanks", eml("Xin chào\r\n", "Subject: x", "Content-Type: text / plain ; charset = utf-8")},
		{"an empty type", eml("Xin chào\r\n", "Subject: x", "Content-Type:")},
		{"two types", eml("<p>Xin chào</p>\r\n", "Subject: x", "Content-Type: text/html", "Content-Type: text/plain")},
		{"HTML only", eml("<html><head><title>T</title><style>p{}</style></head><body><p>Xin chào,</p><p>hai<br>dòng &amp; <a href=\"https://a.vn/x\">một liên kết</a></p><ul><li>a</li><li>b</li></ul><table><tr><td>1</td><td>2</td></tr></table></body></html>", "Subject: x", "Content-Type: text/html")},
		{"HTML called text", eml("<html><body><p>Xin chào</p></body></html>", "Subject: x", "Content-Type: text/plain")},
		{"HTML nested 20,000 deep", eml(strings.Repeat("<div><b>", 20000)+"Xin chào", "Subject: x", "Content-Type: text/html")},
		{"HTML of blockquotes 5,000 deep", eml(strings.Repeat("<blockquote type=cite>", 5000)+"Xin chào", "Subject: x", "Content-Type: text/html")},
		{"HTML that is one open tag", eml("<a href=\""+strings.Repeat("x", 300000), "Subject: x", "Content-Type: text/html")},
		{"HTML with what is dangerous", eml(dangerous, "Subject: x", "Content-Type: text/html")},
		{"a page of 2 MB", eml(strings.Repeat("<p>Xin chào tổng đài</p>\r\n", 80000), "Subject: x", "Content-Type: text/html")},
		{"a text of 2 MB", eml(strings.Repeat("Xin chào tổng đài\r\n", 100000), "Subject: x")},
		{"a line of 2 MB", eml(strings.Repeat("a", 2<<20), "Subject: x")},
		{"lines joined again, as the sender broke them", eml("Xin chào tổng đài, \r\ntôi hỏi về \r\nhộ chiếu.\r\n> câu \r\n> cũ\r\n-- \r\nAn\r\n", "Subject: x", "Content-Type: text/plain; format=flowed")},
		{"that, with blanks to be taken away", eml("Xin ch \r\nào\r\n", "Subject: x", "Content-Type: text/plain; format=flowed; delsp=yes")},
		{"rich text of 1993", eml("<bold>Xin</bold> chào", "Subject: x", "Content-Type: text/enriched")},
	}
}

// dangerous is what must not come through Page.
const dangerous = `<html><body onload="alert(1)"><script>alert(2)</script><p onclick=x style="position:fixed;background:url(http://t.example/x.png);color:red">Xin chào</p>
<img src="http://t.example/pixel.gif" width=1 height=1><img src="//t.example/p2.gif"><img src=x onerror=alert(3)><img srcset="http://t.example/a 2x">
<a href="javascript:alert(4)">a</a><a href=" JaVaScRiPt:alert(5)">b</a><a href="data:text/html,x">c</a><a href="/admin">d</a><a href="https://ok.example/?a=1&b=2">e</a>
<iframe src="https://t.example"></iframe><object data="x"></object><embed src="x"><form action="https://t.example"><input name=a><button>gửi</button></form>
<svg><script>alert(6)</script></svg><math><mi xlink:href="javascript:x">y</mi></math><style>@import url(http://t.example/x.css)</style><link rel=stylesheet href=http://t.example>
<meta http-equiv=refresh content="0;url=http://t.example"><base href="http://t.example/"><table background="http://t.example/b.png"><tr><td style="background-image:url('http://t.example/c')">ô</td></tr></table>
<video src="http://t.example/v" poster="http://t.example/p"></video><audio src=x></audio><!--[if mso]><v:imagedata src="http://t.example/m.png"><![endif]--><div style="width:expression(alert(7))">z</div>
<img src="letter-picture:0"><img src="data:image/svg+xml;base64,PHN2Zz4="><p style="color:&#x75;rl(http://t.example)">y</p></details></details></body></html>`

func transferLetters() (all []specimen) {
	for _, c := range []struct{ name, encoding, body string }{
		{"base64 with lines of any length", "base64", "WGlu\r\nIGNow6Ag\r\nb"},
		{"base64 with rubbish", "base64", "WG!lu#IGNo*w6A=\r\n-- \r\nQuang cao"},
		{"base64 cut in the middle", "base64", "WGluIGNow6"},
		{"base64 with padding in the middle", "base64", "WGlu\r\nIA==\r\nY2hhbw==\r\n"},
		{"base64 in the alphabet of addresses", "base64", "eD4_eD8-"},
		{"base64 that is none", "base64", "!!!\r\n???"},
		{"base64 said with a blank", " base64 ;", "WGluIGNoYW8="},
		{"BASE64 in capitals", "BASE64", "WGluIGNoYW8="},
		{"quoted-printable with small letters", "quoted-printable", "Xin ch=c3=a0o"},
		{"quoted-printable with soft line ends", "quoted-printable", "Xin=\r\n ch=C3=\r\n=A0o= \t\r\n!"},
		{"quoted-printable with a bare LF", "quoted-printable", "Xin=\n chao"},
		{"quoted-printable broken", "quoted-printable", "100=% = x=Z1 =\r\nend="},
		{"quoted-printable with 8-bit letters", "quoted-printable", "Xin chào =C3=A0"},
		{"quoted-printable with thousands of blanks behind =", "quoted-printable", "a=" + strings.Repeat(" ", 10000) + "\r\nb"},
		{"an encoding nobody knows", "x-zip", "Xin chào"},
		{"7bit that has 8", "7bit", "Xin chào"},
		{"binary", "binary", "Xin chào\x00\xff"},
		{"uuencode in the text", "7bit", "Gửi kèm:\r\nbegin 644 chao.txt\r\n(6&EN(&-H86\\\r\n`\r\nend\r\nHết.\r\n"},
		{"uuencode without its end", "7bit", "begin 644 chao.txt\r\n(6&EN(&-H86\\\r\n"},
		{"uuencode that is only a sentence", "7bit", "begin 644 chao.txt\r\nRồi thì sao nữa tôi không biết\r\n"},
		{"uuencode twice", "7bit", "begin 644 a\r\n!80``\r\n`\r\nend\r\nbegin 644 b\r\n!8@``\r\n`\r\nend\r\n"},
		{"begin without a mode", "7bit", "begin the day\r\nwell\r\n"},
	} {
		all = append(all, specimen{c.name, eml(c.body, "Subject: x", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: "+c.encoding)})
	}
	return all
}
