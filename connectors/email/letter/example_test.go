package letter_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"tongdai/connectors/email/letter"
)

func ExampleRead() {
	raw := "From: =?utf-8?B?Tmd1eeG7hW4gVsSDbiBBbg==?= <an@example.vn>\r\n" +
		"Subject: Re: =?utf-8?B?SOG7mSBjaGnhur91?=\r\n" +
		"In-Reply-To: <m991@1022.thanhhoa.gov.vn>\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n\r\n" +
		"Dạ em cảm ơn.\r\n\r\n" +
		"Vào Th 2, 23 thg 11, 2026 vào lúc 08:30 1022 <1022@thanhhoa.gov.vn> đã viết:\r\n" +
		"> Chào anh An, anh mang theo CCCD.\r\n"
	l, err := letter.Read(context.Background(), strings.NewReader(raw), letter.Leave)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %q\n", l.From.Name, l.Text)
	fmt.Println("trả lời thư", l.Answers[0])
	fmt.Println("máy gửi:", len(l.Automatic) > 0)
	// Output:
	// Nguyễn Văn An: "Dạ em cảm ơn."
	// trả lời thư m991@1022.thanhhoa.gov.vn
	// máy gửi: false
}

func ExampleReplyKey() {
	key, err := letter.NewReplyKey([]byte("0123456789abcdef"), "1022@thanhhoa.gov.vn", "+")
	if err != nil {
		fmt.Println(err)
		return
	}
	sent := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	address, _ := key.Address("m7k2", sent.AddDate(0, 0, 30))
	fmt.Println(address)
	matter, err := key.Check(strings.ToUpper(address), sent)
	fmt.Println(matter, err)
	_, err = key.Check(strings.Replace(address, "m7k2", "m7k3", 1), sent)
	fmt.Println(err)
	// Output:
	// 1022+m7k2-u7-pu7vfkfhown6aepv@thanhhoa.gov.vn
	// m7k2 <nil>
	// the reply key is not one of ours
}

func ExampleCompose() {
	err := letter.Compose(context.Background(), onlyHeader{}, letter.Draft{
		From:      letter.Address{Name: "1022", Address: "1022@thanhhoa.gov.vn"},
		To:        []letter.Address{{Address: "an@example.vn"}},
		Subject:   "Hoi gio lam viec",
		Answer:    true,
		Date:      time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
		MessageID: "m992@1022.thanhhoa.gov.vn",
		InReplyTo: "a1@example.vn",
		Text:      "Chào anh An.",
		Origin:    letter.AutoReply,
	})
	fmt.Println(err)
	// Output:
	// From: "1022" <1022@thanhhoa.gov.vn>
	// Subject: Re: Hoi gio lam viec
	// In-Reply-To: <a1@example.vn>
	// Auto-Submitted: auto-replied
	// <nil>
}

// onlyHeader prints some fields of what is written to it.
type onlyHeader struct{}

func (onlyHeader) Write(p []byte) (int, error) {
	for _, field := range []string{"From:", "Subject:", "In-Reply-To:", "Auto-Submitted:"} {
		if strings.HasPrefix(string(p), field) {
			fmt.Fprint(os.Stdout, strings.ReplaceAll(string(p), "\r", ""))
		}
	}
	return len(p), nil
}
