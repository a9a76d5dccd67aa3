package portal

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAnswersCarryTheirTelephoneNumbersAndAddressesAsLinks(t *testing.T) {
	for _, tt := range []struct{ name, line, link, tel, url string }{
		{"a number in one piece", "Gọi 02371022 để được hướng dẫn.", "02371022", "02371022", ""},
		{"a number with spaces", "Gọi 0237 385 2222.", "0237 385 2222", "02373852222", ""},
		{"a service number", "Tổng đài 1900 9095 trực 24/7", "1900 9095", "19009095", ""},
		{"an address at the end of a sentence", "Xem https://thanhhoa.gov.vn/tiem-chung.", "https://thanhhoa.gov.vn/tiem-chung", "", "https://thanhhoa.gov.vn/tiem-chung"},
		{"a year and an amount are no numbers to call", "Năm 2026 hỗ trợ 3.000.000 đồng", "", "", ""},
		{"the number of a document is none either", "Nghị định số 356/2025/NĐ-CP", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var links []span
			for _, s := range linked(tt.line) {
				if s.Tel != "" || s.URL != "" {
					links = append(links, s)
				}
			}
			var want []span
			if tt.link != "" {
				want = []span{{Text: tt.link, Tel: tt.tel, URL: tt.url}}
			}
			if !slices.Equal(links, want) {
				t.Errorf("links of %q = %+v, want %+v", tt.line, links, want)
			}
		})
	}
}

func TestALineWithADashIsAnItem(t *testing.T) {
	got := paragraphs("Hồ sơ gồm:\n- Đơn đề nghị\r\n\n• Căn cước\nNộp tại xã - phường.")
	var items []string
	for _, p := range got {
		if p.Item {
			items = append(items, p.Spans[0].Text)
		}
	}
	if len(got) != 4 || !slices.Equal(items, []string{"Đơn đề nghị", "Căn cước"}) {
		t.Errorf("paragraphs = %+v", got)
	}
}

func TestAnExcerptEndsAfterAWord(t *testing.T) {
	if got := excerpt(20, "Đăng ký tại trạm y tế, phường"); got != "Đăng ký tại trạm y…" {
		t.Errorf("excerpt = %q", got)
	}
	if got := excerpt(20, "Gọi\n 1022"); got != "Gọi 1022" {
		t.Errorf("excerpt of a short text = %q", got)
	}
}

func FuzzQuestionsAreOneBoundedLine(f *testing.F) {
	f.Add(" tiêm \x00 mũi\r\n3\xff ở đâu ")
	f.Add(strings.Repeat("ệ ", 400))
	f.Fuzz(func(t *testing.T, typed string) {
		got := cleanQuestion(typed)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x00") || got != strings.TrimSpace(got) {
			t.Errorf("cleanQuestion(%q) = %q", typed, got)
		}
		if utf8.RuneCountInString(got) > 2*maxQuestion {
			t.Errorf("cleanQuestion kept %d characters", utf8.RuneCountInString(got))
		}
		if again := cleanQuestion(got); utf8.RuneCountInString(got) <= maxQuestion && again != got {
			t.Errorf("cleaned again, %q becomes %q", got, again)
		}
	})
}

func FuzzLinkingLosesNothing(f *testing.F) {
	f.Add("Gọi 0237 1022, 19009095 hoặc https://a.vn/x?y=1).")
	f.Fuzz(func(t *testing.T, line string) {
		var b strings.Builder
		for _, s := range linked(line) {
			b.WriteString(s.Text)
			if s.Text == "" || s.Tel != strings.Trim(s.Tel, " .") {
				t.Errorf("span %+v", s)
			}
		}
		if b.String() != line {
			t.Errorf("linked(%q) reads %q", line, b.String())
		}
	})
}
