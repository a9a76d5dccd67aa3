package webform_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/edge"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/connectors/webform"
)

type file struct{ name, data string }

func multipartRequest(t *testing.T, fields url.Values, files ...file) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, value := range values {
			if err := form.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		part, err := form.CreateFormFile(webform.FilesField, f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(f.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

// whole is a form that is filled in.
func whole() url.Values {
	return url.Values{
		webform.TimeField: {"1"}, webform.CategoryField: {"y-te"}, webform.TextField: {"Rác chất đống trước trạm y tế."},
		webform.LocalityField: {"Phường Hạc Thành"}, webform.AddressField: {"số 5 Lê Lợi"},
		webform.PointField: {"https://www.google.com/maps/@19.80710,105.77520,17z"},
		webform.NameField:  {" Nguyễn  Thị Lan "}, webform.PhoneField: {"+84 912.345.678"}, webform.EmailField: {"lan@example.vn"},
		webform.PublicField: {webform.Yes}, webform.ConsentField: {webform.Yes},
	}
}

func TestAFormArrivesWithAllThatWasFilledIn(t *testing.T) {
	s, got := open(t, "portal", 'k'), &connectortest.Receiver{}
	key := s.NewKey()
	from, ok := s.Open(key)
	if !ok {
		t.Fatal("a fresh key does not open")
	}
	_, problems, err := s.Report(httptest.NewRecorder(), multipartRequest(t, whole(), file{"anh 1.jpg", "một"}, file{"anh 2.jpg", "hai"}), from, got)
	if err != nil || len(problems) > 0 || len(got.Inbounds()) != 1 {
		t.Fatalf("Report = %v, %v; %d came", problems, err, len(got.Inbounds()))
	}
	in := got.Inbounds()[0]
	form := map[string]string{}
	for _, f := range in.Content.Form {
		form[f.Name] = f.Value
	}
	for name, want := range map[string]string{
		"category": "Y tế", "locality": "Phường Hạc Thành", "address": "số 5 Lê Lợi", "name": "Nguyễn Thị Lan",
		"phone": "0912345678", "email": "lan@example.vn", "public": "Có", "consent": "Có",
	} {
		if form[name] != want {
			t.Errorf("%s = %q, want %q", name, form[name], want)
		}
	}
	if p := in.Content.Place; p == nil || p.Latitude != 19.8071 || p.Longitude != 105.7752 {
		t.Errorf("the place is %+v", p)
	}
	if len(in.Content.Attachments) != 2 || in.Profile.Phone != "0912345678" || in.From != from {
		t.Errorf("Inbound = %+v", in)
	}
	id, _, _ := strings.Cut(key, ".")
	if body := string(got.Kept()[0].Body); strings.Contains(body, id) || !strings.Contains(body, "R%C3%A1c") || !strings.Contains(body, "anh+1.jpg") {
		t.Errorf("kept raw is %s, want all but the link", body)
	}
}

func TestAFormSentTwiceHasOneKey(t *testing.T) {
	s, got := open(t, "portal", 'k'), &connectortest.Receiver{}
	from, _ := s.Open(s.NewKey())
	for range 2 {
		if _, problems, err := s.Report(httptest.NewRecorder(), multipartRequest(t, whole(), file{"a.jpg", "một"}), from, got); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
	}
	if in := got.Inbounds(); in[0].Key != in[1].Key || in[0].From != in[1].From {
		t.Errorf("sent twice the keys are %q and %q", in[0].Key, in[1].Key)
	}
}

func TestEveryProblemIsNamedAtItsField(t *testing.T) {
	for name, tt := range map[string]struct {
		field, value string
	}{
		"no words":                    {webform.TextField, "  "},
		"too many words":              {webform.TextField, strings.Repeat("ệ", 5001)},
		"a field nobody knows":        {webform.CategoryField, "khong-co"},
		"a place as long as a letter": {webform.LocalityField, strings.Repeat("x", 121)},
		"no point":                    {webform.PointField, "gần chợ"},
		"a point abroad":              {webform.PointField, "48.85, 2.35"},
		"a script as a link":          {webform.PointField, "javascript:alert(1)"},
		"no name":                     {webform.NameField, ""},
		"no number":                   {webform.PhoneField, ""},
		"half a number":               {webform.PhoneField, "0912"},
		"letters for a number":        {webform.PhoneField, "không có máy"},
		"no address":                  {webform.EmailField, "lan@"},
		"two addresses":               {webform.EmailField, "a@b.vn, c@d.vn"},
		"not said whether in public":  {webform.PublicField, ""},
		"no consent":                  {webform.ConsentField, ""},
		"a robot":                     {webform.TrapField, "https://x.example"},
		"an old page":                 {webform.TimeField, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, got := open(t, "portal", 'k'), &connectortest.Receiver{}
			from, _ := s.Open(s.NewKey())
			fields := whole()
			fields.Set(tt.field, tt.value)
			typed, problems, err := s.Report(httptest.NewRecorder(), multipartRequest(t, fields), from, got)
			want := tt.field
			if tt.field == webform.TimeField {
				want = ""
			}
			if err != nil || len(problems) != 1 || problems[want] == "" {
				t.Errorf("problems = %v, %v, want one at %q", problems, err, want)
			}
			if typed.Get(tt.field) != tt.value || typed.Get(webform.AddressField) != fields.Get(webform.AddressField) {
				t.Errorf("what was typed is lost: %v", typed)
			}
			if len(got.Inbounds()) > 0 {
				t.Error("it was handed on")
			}
		})
	}
}

func TestAnEmptyFormNamesAllProblemsAtOnce(t *testing.T) {
	s := open(t, "portal", 'k')
	from, _ := s.Open(s.NewKey())
	_, problems, _ := s.Report(httptest.NewRecorder(), multipartRequest(t, url.Values{webform.TimeField: {"1"}}), from, &connectortest.Receiver{})
	for _, field := range []string{webform.TextField, webform.NameField, webform.PhoneField, webform.PublicField, webform.ConsentField} {
		if problems[field] == "" {
			t.Errorf("nothing is said at %s: %v", field, problems)
		}
	}
}

func TestFilesStayWhileTheRestIsPutRight(t *testing.T) {
	s, got := open(t, "portal", 'k'), &connectortest.Receiver{}
	from, _ := s.Open(s.NewKey())
	fields := whole()
	fields.Set(webform.NameField, "")
	typed, problems, err := s.Report(httptest.NewRecorder(),
		multipartRequest(t, fields, file{"a.jpg", "một"}, file{"virus.exe", "MZ"}, file{"lon.mp4", strings.Repeat("x", 10<<20+1)}), from, got)
	if err != nil || problems[webform.FilesField] == "" || len(typed[webform.KeptField]) != 1 {
		t.Fatalf("problems %v, %v, kept %v", problems, err, typed[webform.KeptField])
	}
	fields = whole()
	fields[webform.KeptField] = typed[webform.KeptField]
	if _, problems, err = s.Report(httptest.NewRecorder(), multipartRequest(t, fields, file{"b.jpg", "hai"}), from, got); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	if files := got.Inbounds()[0].Content.Attachments; len(files) != 2 || files[0].Name != "a.jpg" || files[1].Name != "b.jpg" {
		t.Errorf("files = %+v, want the one taken before and the new one", files)
	}
	other, _ := s.Open(s.NewKey())
	if _, problems, _ := s.Report(httptest.NewRecorder(), multipartRequest(t, fields), other, got); problems[webform.FilesField] == "" {
		t.Error("another citizen may mention the file")
	}
	for range 6 {
		fields[webform.KeptField] = append(fields[webform.KeptField], fields[webform.KeptField][0])
	}
	if _, problems, _ := s.Report(httptest.NewRecorder(), multipartRequest(t, fields), from, got); problems[webform.FilesField] == "" {
		t.Error("more files than are taken are no problem")
	}
}

// sending posts whole forms from one address, which may send perHour.
func sending(t *testing.T, perHour int) func(text, proof string) (url.Values, error) {
	t.Helper()
	c, err := webform.New(webform.Config{
		Channel: connectors.Channel{ID: "portal", Name: "P"}, Secret: bytes.Repeat([]byte{'k'}, 32), PerAddressPerHour: perHour,
		Urgent: func(text string) bool { return strings.Contains(text, "cháy") },
	}, webform.Deps{Files: &shelf{}})
	if err != nil {
		t.Fatal(err)
	}
	return func(text, proof string) (url.Values, error) {
		from, _ := c.Open(c.NewKey())
		fields := whole()
		fields.Del(webform.CategoryField)
		fields.Set(webform.TextField, text)
		fields.Set(webform.ProofField, proof)
		typed, problems, err := c.Report(httptest.NewRecorder(), multipartRequest(t, fields), from, &connectortest.Receiver{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return typed, err
	}
}

func TestAFormBeyondTheUsualIsTakenForWorkAndDangerWithout(t *testing.T) {
	send := sending(t, 16) // four at once, two of them freely
	var asked *edge.Asked
	for i, text := range []string{"một", "hai", "ba"} {
		if _, err := send(text, ""); errors.As(err, &asked) != (i == 2) {
			t.Fatalf("%q is answered %v", text, err)
		}
	}
	proof, _ := json.Marshal(webchatsim.Challenge(asked.Challenge).Solve())
	if _, err := send("ba", string(proof)); err != nil {
		t.Errorf("with the work done it is answered %v", err)
	}
	if _, err := send("bốn", string(proof)); !errors.As(err, &asked) {
		t.Errorf("the next with the same work is answered %v", err)
	}
	if _, err := send("cháy nhà", ""); err != nil {
		t.Errorf("an urgent one is answered %v", err)
	}
}

func TestAnAddressThatSendsTooMuchIsToldWhenToComeAgainAndKeepsItsWords(t *testing.T) {
	send := sending(t, 4)
	if _, err := send("một", ""); err != nil {
		t.Fatal(err)
	}
	typed, err := send("hai", "")
	if connectors.KindOf(err) != connectors.RateLimited || connectors.RetryAfter(err) <= 0 || connectors.ReasonOf(err) == "" {
		t.Errorf("the second is answered %v", err)
	}
	if typed.Get(webform.TextField) != "hai" {
		t.Error("what was typed is lost")
	}
	if _, is := errors.AsType[*edge.Asked](err); is {
		t.Error("work is asked for, which would not help")
	}
	if _, err := send("cháy nhà", ""); err != nil {
		t.Errorf("an urgent one is answered %v", err)
	}
}
