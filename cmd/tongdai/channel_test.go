package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/zalo/zalosim"
)

// typed runs a command as typed at a terminal, and returns what it printed.
func typed(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAChannelIsConnectedAndCheckedFromTheCommandLine(t *testing.T) {
	sim, err := zalosim.Start(zalosim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	// In place of the hub, which cannot run over the embedded store meanwhile.
	status := http.StatusMethodNotAllowed
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer front.Close()
	config, data := filepath.Join(t.TempDir(), "tongdai.yaml"), t.TempDir()
	if err := os.WriteFile(config, []byte(withZalo(sim, front.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	zalo := func(args ...string) (string, error) {
		return typed(t, append([]string{"channel", "--config", config, "--data", data}, args...)...)
	}
	wants := func(doing string, err error, wrong bool, printed string, parts ...string) {
		t.Helper()
		if wrong != errors.Is(err, errTold) {
			t.Errorf("%s ends with %v", doing, err)
		}
		for _, part := range parts {
			if !strings.Contains(printed, part) {
				t.Errorf("%s prints\n%s\nwithout %q", doing, printed, part)
			}
		}
	}

	printed, err := zalo("check", simulatedZalo)
	wants("a check before the consent", err, true, printed, "được   "+sim.URL(), "được   webhook "+hookOf(front.URL), "LỖI    Kênh Zalo chưa được kết nối")

	printed, err = zalo("connect", simulatedZalo)
	wants("connect", err, false, printed, "một lần, trong 30 phút", sim.URL()+"/v4/oa/permission?app_id=")
	s := settings{config: config, data: data}
	if err := s.withHub(t.Context(), func(a *app) error { return a.consent(t.Context(), sim) }); err != nil {
		t.Fatal(err)
	}
	printed, err = zalo("check", simulatedZalo)
	wants("a check after the consent", err, false, printed, "được   tài khoản: gửi và nhận được", "được   quyền: đến ")
	if strings.Contains(printed, "LỖI") {
		t.Errorf("all is well, and told is\n%s", printed)
	}

	sim.Say(sim.Config().OAs[0].ID, sim.Citizen(sim.Config().OAs[0].ID, "Trần Thị Mẫu"), "không ai nghe")
	printed, err = zalo("reconcile", simulatedZalo)
	wants("a comparison", err, false, printed, "lịch sử của 1 người", "lấy về 1 tin còn thiếu")
	printed, err = zalo("reconcile", simulatedZalo, "--back", "2h")
	wants("a second comparison", err, false, printed, "lấy về 0 tin còn thiếu")
	if _, err = zalo("reconcile", "web"); err == nil || !strings.Contains(err.Error(), "không có gì để đối chiếu") {
		t.Errorf("comparing the web chat ends with %v", err)
	}

	status = http.StatusNotFound
	printed, err = zalo("check", simulatedZalo)
	wants("a check with a proxy that leads elsewhere", err, true, printed, "trả lời 404 thay vì 405")
	status = http.StatusBadGateway
	printed, err = zalo("check", simulatedZalo)
	wants("a check without a hub behind the proxy", err, true, printed, "trả lời 502; tổng đài chưa chạy")
	front.Close()
	printed, err = zalo("check", simulatedZalo)
	wants("a check without a proxy", err, true, printed, "LỖI    webhook", "không nối được")

	printed, err = zalo("check", "web")
	wants("a check of the web chat", err, false, printed, "được   tài khoản")
	if _, err = zalo("connect", "web"); err == nil || !strings.Contains(err.Error(), "không cần kết nối") {
		t.Errorf("connecting the web chat ends with %v", err)
	}
	if _, err = zalo("check", "zalo-9"); err == nil || !strings.Contains(err.Error(), "web, "+simulatedZalo) {
		t.Errorf("a check of nothing ends with %v", err)
	}
}

// What stands between us and a platform is told by its name.
func TestACheckNamesWhatIsInTheWay(t *testing.T) {
	trusted := httptest.NewTLSServer(http.NotFoundHandler()) // by nobody but its own client
	defer trusted.Close()
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
	}))
	defer late.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	for name, tt := range map[string]struct{ address, want string }{
		"an unknown name":             {"https://oauth.zaloapp.invalid", "không tìm được máy oauth.zaloapp.invalid (DNS)"},
		"a certificate of nobody":     {trusted.URL, "chứng chỉ TLS không dùng được"},
		"another time":                {late.URL, "đồng hồ máy này lệch 10m"},
		"a firewall that swallows it": {silent.URL, "không trả lời trong"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			check := channelCheck{out: &out, client: &http.Client{Timeout: 2 * time.Second}}
			check.server(t.Context(), tt.address)
			if check.bad != 1 || !strings.Contains(out.String(), tt.want) {
				t.Errorf("told is\n%s\nwant %q", &out, tt.want)
			}
		})
	}
}
