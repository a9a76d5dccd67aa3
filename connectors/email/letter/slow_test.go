package letter

import (
	"os"
	"strings"
	"testing"
	"time"

	"tongdai/kb/vi"
)

// TestLettersMadeToBeSlowAreReadInTime holds that no letter of half a megabyte or
// two costs much more than any other: each is what one of our steps likes least.
func TestLettersMadeToBeSlowAreReadInTime(t *testing.T) {
	if os.Getenv("TONGDAI_LONG") == "" {
		t.Skip("needs TONGDAI_LONG=1: reads thirty letters that take all our steps to their limits")
	}
	const slow = 20 * time.Second // on a busy machine; alone the worst needs one
	for name, raw := range map[string]string{
		"from lines":          eml(strings.Repeat("From: a\n", 120000)),
		"on lines":            eml(strings.Repeat("On a\n", 200000)),
		"on at lines":         eml(strings.Repeat("on a@b\n", 150000)),
		"quotes":              eml(strings.Repeat("> a\n", 200000)),
		"alt quotes":          eml(strings.Repeat("> a\nb\n", 150000)),
		"signs":               eml(strings.Repeat("-- \n", 200000)),
		"rules":               eml(strings.Repeat("_____\n", 170000) + "##- xxxxxx -##\nx"),
		"ours, alt quotes":    eml("> " + Delimiter + "\n" + strings.Repeat("> a\n\nb@c.d\n", 90000)),
		"ours, no end":        eml(strings.Repeat(End+"\n", 20000)),
		"styles":              eml(strings.Repeat(`<p style="margin:0;color:red;font-size:1px">`, 13000), "Content-Type: text/html"),
		"style long":          eml(`<p style="`+strings.Repeat("color:red;", 55000)+`">x`, "Content-Type: text/html"),
		"attrs":               eml(`<p `+strings.Repeat("a=b ", 140000)+`>x`, "Content-Type: text/html"),
		"entities":            eml(strings.Repeat("&amp;", 110000), "Content-Type: text/html"),
		"lt":                  eml(strings.Repeat("<", 590000), "Content-Type: text/html"),
		"comments":            eml(strings.Repeat("<!--", 140000), "Content-Type: text/html"),
		"imgs":                eml(strings.Repeat("<img src=cid:x>", 39000), "Content-Type: text/html"),
		"links":               eml(strings.Repeat("a@b.c ", 160000)),
		"linkparts":           eml(strings.Repeat("a.", 500000) + "@"),
		"bounce":              eml(strings.Repeat("a@b.c 5.1.1 ", 80000), "Return-Path: <>", "Subject: failure notice"),
		"words":               eml("x", "Subject: "+strings.Repeat("=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?= ", 1800)),
		"addr":                eml("x", "To: "+strings.Repeat("=?", 32000)),
		"addr2":               eml("x", "To: "+strings.Repeat("(", 64000)),
		"params":              eml("x", "Content-Type: text/plain; "+strings.Repeat("a*1*=%41;", 7000)),
		"viqr":                eml(strings.Repeat("Ki'nh gu+?i ", 80000)),
		"vni":                 eml(encodedAs(vi.VNIWindows, strings.Repeat(complaint, 5000)), "Content-Type: text/plain; charset=iso-8859-1"),
		"deep rfc822":         eml(strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 100000)),
		"nested alternatives": eml(strings.Repeat("--B\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n", 50000), "Content-Type: multipart/mixed; boundary=B"),
		"uu":                  eml(strings.Repeat("begin 644 a\n!80``\n`\nend\n", 30000)),
		"flowed":              eml(strings.Repeat("a \n", 300000), "Content-Type: text/plain; format=flowed"),
		"calendar":            eml(strings.Repeat("BEGIN:VEVENT\nSUMMARY;A=\"B\":x\n", 8000), "Content-Type: text/calendar"),
		"dashes":              eml(strings.Repeat("--x\r\n", 1000000), "Content-Type: multipart/mixed; boundary=B"),
		"blockquotes":         eml(strings.Repeat("<blockquote type=cite>a", 25000), "Content-Type: text/html"),
	} {
		began := time.Now()
		l, err := Read(t.Context(), strings.NewReader(raw), Leave)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		Page(l, View{Picture: func(int, Attachment) string { return "/x" }})
		took := time.Since(began)
		if took > slow {
			t.Errorf("%s took %v", name, took)
		}
		t.Logf("%s: %v", name, took)
	}
}
