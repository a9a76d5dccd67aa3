package letter

import (
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"tongdai/kb/vi"
)

// complaint has enough words for an encoding to be told by.
const complaint = "Kính gửi Tổng đài 1022, đường Lê Lợi bị ngập nước từ sáng đến giờ, đề nghị cơ quan chức năng xử lý giúp người dân. Xin cảm ơn."

func westernByte(r rune) byte {
	if c, ok := charmap.Windows1252.EncodeRune(r); ok {
		return c
	}
	return byte(r)
}

func mustEncode(e encoding.Encoding, text string) string {
	out, err := e.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

func inBase64(raw string) string {
	var b strings.Builder
	for text := base64.StdEncoding.EncodeToString([]byte(raw)); text != ""; {
		n := min(76, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return b.String()
}

func inQuoted(raw string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	w.Binary = true
	_, _ = w.Write([]byte(raw))
	_ = w.Close()
	return b.String()
}

func charsetLetters() (all []specimen) {
	mojibake := vi.Mojibake.Encode(complaint)
	for _, c := range []struct{ name, label, raw string }{
		{"UTF-8 said so", "utf-8", complaint},
		{"UTF-8 as utf8 in quotes", `"utf8"`, complaint},
		{"UTF-8 without a label", "", complaint},
		{"UTF-8 called us-ascii", "us-ascii", complaint},
		{"UTF-8 called iso-8859-1", "iso-8859-1", complaint},
		{"UTF-8 called windows-1258", "windows-1258", complaint},
		{"UTF-8 called by a name nobody knows", "x-may-chu-cu", complaint},
		{"UTF-8 taken apart", "utf-8", vi.NFD.Encode(complaint)},
		{"UTF-8 with two broken bytes", "utf-8", strings.Replace(complaint, "Lê", "L\xc3 \xff", 1)},
		{"UTF-8 with NUL and other control characters", "utf-8", strings.Replace(complaint, "Lê Lợi", "Lê\x00 \x1b[31mLợi\x07", 1)},
		{"UTF-8 with a mark at its beginning", "utf-8", "\xef\xbb\xbf" + complaint},
		{"UTF-8 encoded twice", "utf-8", mojibake},
		{"windows-1258 said so", "windows-1258", encodedAs(vi.Windows1258, complaint)},
		{"windows-1258 as cp1258", "cp1258", encodedAs(vi.Windows1258, complaint)},
		{"windows-1258 called iso-8859-1", "iso-8859-1", encodedAs(vi.Windows1258, complaint)},
		{"windows-1258 without a label", "", encodedAs(vi.Windows1258, complaint)},
		{"windows-1258 called utf-8", "utf-8", encodedAs(vi.Windows1258, complaint)},
		{"TCVN3 called iso-8859-1", "iso-8859-1", encodedAs(vi.TCVN3, complaint)},
		{"TCVN3 called windows-1252", "windows-1252", encodedAs(vi.TCVN3, complaint)},
		{"TCVN3 without a label", "", encodedAs(vi.TCVN3, complaint)},
		{"TCVN3 called utf-8", "utf-8", encodedAs(vi.TCVN3, complaint)},
		{"TCVN3 said so", "x-viet-tcvn5712", encodedAs(vi.TCVN3, complaint)},
		{"TCVN3 turned into UTF-8 without being read", "utf-8", vi.TCVN3.Encode(complaint)},
		{"VNI called iso-8859-1", "iso-8859-1", encodedAs(vi.VNIWindows, complaint)},
		{"VNI called windows-1252", "windows-1252", encodedAs(vi.VNIWindows, complaint)},
		{"VNI without a label", "", encodedAs(vi.VNIWindows, complaint)},
		{"VNI said so", "x-viet-vni", encodedAs(vi.VNIWindows, complaint)},
		{"VNI turned into UTF-8 without being read", "utf-8", vi.VNIWindows.Encode(complaint)},
		{"VIQR called us-ascii", "us-ascii", vi.VIQR.Encode(complaint)},
		{"VIQR without a label", "", vi.VIQR.Encode(complaint)},
		{"VIQR said so", "viqr", vi.VIQR.Encode(complaint)},
		{"UTF-7", "utf-7", "K+AO0-nh g+Huw-i T+HtU-ng +AREA4A-i, 1 +- 1 = 2"},
		{"GB18030", "gb18030", mustEncode(simplifiedchinese.GB18030, "你好，我想问一下签证。 Xin chào")},
		{"GB18030 called gb2312", "gb2312", mustEncode(simplifiedchinese.GB18030, "你好，我想问一下签证。")},
		{"UTF-16 with a mark", "utf-16", mustEncode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), complaint)},
		{"ASCII called utf-16", "utf-16", "Xin chao tong dai 1022"},
		{"French stays French", "iso-8859-1", mustEncode(charmap.ISO8859_1, "Madame, je voudrais réserver une chambre près de la forêt. À bientôt, Hélène")},
		{"Russian in koi8-r", "koi8-r", mustEncode(charmap.KOI8R, "Здравствуйте, как получить визу?")},
	} {
		header := func(encoding string) []string {
			h := []string{"Subject: x", "MIME-Version: 1.0", "Content-Transfer-Encoding: " + encoding}
			if c.label != "" {
				h = append(h, "Content-Type: text/plain; charset="+c.label)
			}
			return h
		}
		all = append(all,
			specimen{c.name + ", 8bit", eml(c.raw+"\r\n", header("8bit")...)},
			specimen{c.name + ", base64", eml(inBase64(c.raw), header("base64")...)})
		if len(all)%3 == 0 {
			all = append(all, specimen{c.name + ", quoted-printable", eml(inQuoted(c.raw)+"\r\n", header("quoted-printable")...)})
		}
	}
	for _, e := range []vi.Encoding{vi.TCVN3, vi.VNIWindows, vi.Windows1258} {
		all = append(all, specimen{fmt.Sprintf("HTML in %s called iso-8859-1", e),
			eml("<html><head><meta charset=iso-8859-1></head><body><p>"+encodedAs(e, complaint)+"</p></body></html>\r\n", "Content-Type: text/html", "Subject: x")})
		all = append(all, specimen{fmt.Sprintf("a subject and a name in %s, raw", e),
			eml(encodedAs(e, complaint)+"\r\n", "Subject: "+encodedAs(e, "Phản ánh đường ngập nước"), "From: \""+encodedAs(e, "Nguyễn Văn Đường")+"\" <an@example.vn>", "Content-Type: text/plain; charset=windows-1252")})
	}
	return append(all,
		specimen{"HTML that names its charset itself", eml("<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1258\"></head><body>"+encodedAs(vi.Windows1258, complaint)+"</body></html>", "Content-Type: text/html", "Subject: x")},
		specimen{"two parts in two charsets", multipart("mixed", "B", part("Content-Type: text/plain; charset=windows-1258", encodedAs(vi.Windows1258, complaint)), part("Content-Type: text/plain; charset=utf-8", "Và phần này bằng UTF-8."))},
	)
}

// part is a part of a multipart: its header lines, and its body.
func part(header, body string) string { return wire(header) + "\r\n\r\n" + body }

// multipart is a letter of parts.
func multipart(kind, boundary string, parts ...string) string {
	return eml(parted(boundary, parts...), "Subject: x", "MIME-Version: 1.0", fmt.Sprintf("Content-Type: multipart/%s; boundary=\"%s\"", kind, boundary))
}

func parted(boundary string, parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + "\r\n" + p + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}
