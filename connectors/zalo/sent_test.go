package zalo_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

// issued are the ids that the platform makes up.
var issued = regexp.MustCompile(`"(image|gif|file)[A-Z2-7]{52}"`)

// What goes over the wire for each kind of content, byte for byte.
func TestWhatIsSent(t *testing.T) {
	text := func(s string) content.Content { return content.Content{Text: s} }
	var samples connectortest.Files
	file := func(name, data string) content.Attachment { return samples.Add(name, []byte(data)) }
	for _, tt := range []struct {
		name   string
		to     connectors.RemoteID
		quotes connectors.RemoteID
		say    content.Content
	}{
		{name: "text", say: text("Phản ánh 1022-000123 đã được tiếp nhận. <b> & \"’")},
		{name: "text_quoting", quotes: "96d3cdf3af150460909", say: text("Dạ vâng")},
		{name: "text_decomposed", say: text("Tie\u0302\u0301ng Vie\u0323\u0302t")},
		{name: "text_anonymous", to: "anonymous/anon-5f0c/cv-77", say: text("Dạ")},
		{name: "choices", say: content.Content{Text: "Anh/chị chọn lĩnh vực:", Choices: []content.Choice{
			{Label: "Đô thị", Value: "field:do-thi"}, {Label: "Y tế", Value: "field:y-te"}}}},
		{name: "choices_too_many", say: content.Content{Text: "Chọn:", Choices: []content.Choice{
			{Label: "A", Value: "a"}, {Label: "B", Value: "b"}, {Label: "C", Value: "c"}, {Label: "D", Value: "d"}, {Label: "E", Value: "e"}}}},
		{name: "links", say: content.Content{Text: "Mời anh/chị xem:", Links: []content.Link{
			{Label: "Đánh giá", URL: "https://1022.example.vn/r/AB12?a=1&b=2"}, {Label: "Gọi 1022", URL: "tel:1022"}, {URL: "tel:02373852246"}}}},
		{name: "list", say: content.Content{Links: []content.Link{
			{Label: "Một", URL: "https://a.vn/1"}, {Label: "Hai", URL: "https://a.vn/2"}, {Label: "Ba", URL: "https://a.vn/3"},
			{Label: "Bốn", URL: "https://a.vn/4"}, {Label: "Năm", URL: "https://a.vn/5"}}}},
		{name: "place_and_form", say: content.Content{Text: "Nơi nộp hồ sơ", Place: &content.Place{Latitude: 19.80667, Longitude: 105.77639, Label: "Trung tâm"},
			Form: []content.Field{{Name: "name", Label: "Họ tên", Value: "Trần Thị Mẫu"}}}},
		{name: "image", say: content.Content{Attachments: []content.Attachment{file("anh.png", "\x89PNG\r\n\x1a\n")}}},
		{name: "gif", say: content.Content{Attachments: []content.Attachment{file("anh.gif", "GIF89a\x28\x00\x1e\x00\x00\x00\x00")}}},
		{name: "file", say: content.Content{Attachments: []content.Attachment{file("don.pdf", "%PDF-1.7\n")}}},
		{name: "sticker", say: content.Content{Attachments: []content.Attachment{{Kind: content.Sticker, Name: "46981"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, sent := recorded(t)
			for _, a := range tt.say.Attachments {
				r.files.Add(a.Name, samples.Data(a.ID))
			}
			if tt.to == "" {
				tt.to = citizen
			}
			r.sim.Say(oaID, "anon-5f0c", "Xin chào")
			r.talking()
			if _, err := r.conn.Send(t.Context(), connectors.Outbound{Key: "k1", To: tt.to, Content: tt.say, Quotes: tt.quotes}); err != nil {
				t.Fatal(err)
			}
			got := issued.ReplaceAllString(sent.String(), `"<$1>"`)
			connectortest.WantGolden(t, "testdata/sent/"+tt.name+".golden", got, *update)
		})
	}
}

// recorded is a rig that writes down which messages go over the wire.
func recorded(t *testing.T) (*rig, *strings.Builder) {
	t.Helper()
	var sent strings.Builder
	var r *rig
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if strings.Contains(request.URL.Path, "/oa/message") {
			body, _ := io.ReadAll(request.Body)
			request.Body = io.NopCloser(bytes.NewReader(body))
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, body, "", "  "); err != nil {
				t.Error(err)
			}
			sent.WriteString(request.Method + " " + request.URL.Path + "\n" + pretty.String() + "\n")
		}
		r.sim.ServeHTTP(w, request)
	}))
	t.Cleanup(front.Close)
	r = newUnconnected(t, func(_ *zalosim.Config, own *zalo.Config) {
		own.OpenAPIURL, own.Lists = front.URL, true
	})
	r.connect(r.conn)
	return r, &sent
}
