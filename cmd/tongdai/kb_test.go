package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongdai/configs"
)

func TestTheDataFolderOfARunningHubIsLeftAlone(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	file := filepath.Join(t.TempDir(), "kb.xlsx")
	workbooks, err := demoWorkbooks()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, workbooks[0].Data, 0o600); err != nil {
		t.Fatal(err)
	}
	for instead, args := range map[string][]string{
		"hãy nhập ở trang Kho hỏi đáp": {"kb", "import", file, "--apply"},
		"hỏi tệp Excel bằng --file":    {"kb", "ask", "alo"},
	} {
		err := run(t.Context(), append(args, "--data", cfg.Data.Folder))
		if err == nil || !strings.Contains(err.Error(), "tổng đài đang chạy") || !strings.Contains(err.Error(), instead) {
			t.Errorf("%v: %v", args[:2], err)
		}
	}
}
