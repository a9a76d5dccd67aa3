package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongdai/configs"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// aPixel is the smallest of pictures.
var aPixel = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

func quietly(_, _ int64) {}

// installation is a data folder with one conversation that has a picture.
func installation(t *testing.T) (cfg configs.Config, picture content.Attachment) {
	t.Helper()
	cfg = configs.Default()
	cfg.Data.Folder, cfg.HTTP.Listen = t.TempDir(), "127.0.0.1:0"
	a := opened(t, cfg)
	picture, err := a.media.Put(t.Context(), "nhà.gif", bytes.NewReader(aPixel))
	if err != nil {
		t.Fatal(err)
	}
	err = a.store.Update(t.Context(), func(tx inbox.Writer) error {
		if _, err := tx.PutConversation(inbox.Conversation{ID: "c1", Code: "TH-261121-0001", Status: inbox.Open, Handler: inbox.ByBot}); err != nil {
			return err
		}
		m := inbox.Message{ID: "m1", Conversation: "c1", Direction: inbox.In}
		m.Content = content.Content{Text: "Nước ngập vào nhà tôi", Attachments: []content.Attachment{picture}}
		_, err := tx.AppendMessage(m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	return cfg, picture
}

func opened(t *testing.T, cfg configs.Config) *app {
	t.Helper()
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func verdictOf(t *testing.T, cfg configs.Config) *verification {
	t.Helper()
	v, err := verify(t.Context(), cfg, quietly)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func toldBy(v *verification) string {
	var out strings.Builder
	v.print(&out)
	return out.String()
}

func TestWhatIsDamagedIsToldInWords(t *testing.T) {
	cfg, picture := installation(t)
	if v := verdictOf(t, cfg); !v.Sound || !v.Whole || v.Files != 1 || !strings.Contains(toldBy(v), "Không có gì bị hỏng") {
		t.Fatalf("a sound store: %s", toldBy(v))
	}
	of := filepath.Join(cfg.Data.Folder, cfg.Media.Folder, picture.ID[:2], picture.ID)
	damaged := bytes.Clone(aPixel)
	damaged[20] ^= 1
	for _, tt := range []struct {
		name, want string
		do         func() error
	}{
		{"a bit of a picture", "tin nhắn số 1 của cuộc hội thoại TH-261121-0001): nội dung không khớp tên", func() error { return os.WriteFile(of, damaged, 0o600) }},
		{"an emptied picture", "nội dung không khớp tên", func() error { return os.WriteFile(of, nil, 0o600) }},
		{"a lost picture", "không còn trong kho tệp", func() error { return os.Remove(of) }},
		{"a letter of a message", "tin nhắn số 1 của cuộc hội thoại TH-261121-0001: nội dung không khớp tổng kiểm", func() error {
			path := filepath.Join(cfg.Data.Folder, cfg.Store.Path)
			whole, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, bytes.ReplaceAll(whole, []byte("Nước ngập"), []byte("Nước NGẬP")), 0o600)
			}
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.do(); err != nil {
				t.Fatal(err)
			}
			v := verdictOf(t, cfg)
			if v.Sound || !strings.Contains(toldBy(v), tt.want) || !strings.Contains(toldBy(v), "tongdai restore") {
				t.Errorf("told as\n%s\nwant %q and the way back", toldBy(v), tt.want)
			}
		})
	}
}

func TestARunningHubVerifiesItself(t *testing.T) {
	cfg, _ := installation(t)
	a := opened(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	ended, address := make(chan error, 1), make(chan string, 1)
	go func() { ended <- a.serve(ctx, func(at string) { address <- at }) }()
	cfg.HTTP.Listen = strings.TrimPrefix(<-address, "http://")
	if v := verdictOf(t, cfg); !v.Sound || !v.Running || v.Whole || v.Files != 1 || len(v.Notes) == 0 {
		t.Errorf("while it runs: %s", toldBy(v))
	}
	cfg.HTTP.Listen = "127.0.0.1:1"
	if _, err := verify(t.Context(), cfg, quietly); err == nil || !strings.Contains(err.Error(), "đang được tiến trình") {
		t.Errorf("where it does not answer: %v, want who has the store", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := a.close(); err != nil {
		t.Error(err)
	}
}
