package api_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"tongdai/inbox/media"
)

func TestWhileTheFilesCannotBeReached(t *testing.T) {
	r := start(t)
	m, token := r.matter("so-y-te"), r.operator()
	conversation := "/conversations/" + string(m.ID)
	away, err := media.OpenBucket(media.Bucket{
		Endpoint: "http://127.0.0.1:1", Name: "tong-dai", AccessKey: "a", SecretKey: "b", PathStyle: true,
		Timeout: 500 * time.Millisecond, Temp: t.TempDir(),
	}, media.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	*r.media = *away
	for name, q := range map[string]*http.Request{
		"a file sent":    r.form(token, "/attachments", []byte("đơn")),
		"a file fetched": r.ask(token, http.MethodGet, conversation+"/attachments/"+m.file, ""),
		"a reply that carries a file": r.ask(token, http.MethodPost, conversation+"/replies",
			`{"key":"k1","text":"Dạ","attachments":[{"id":"`+m.file+`","name":"đơn.txt"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			a := r.do(q)
			if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
				t.Errorf("is answered %d %s, want 503 and when to try again", a.StatusCode, a.body)
			}
		})
	}
	r.want(r.do(r.ask(token, http.MethodPost, conversation+"/replies", `{"key":"k2","text":"Dạ"}`)), http.StatusOK)
}
