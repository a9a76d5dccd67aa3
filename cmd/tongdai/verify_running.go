package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/configs"
	"tongdai/inbox/store/bolt"
)

// A store that the hub has open is verified by the hub itself: "tongdai verify"
// asks it at verifyPath, from the same machine or with the token of the metrics.
// The answer is lines of JSON, one every second that says how far it has come,
// and the result as the last.

const verifyPath = "/verifyz"

var silent = slog.New(slog.DiscardHandler)

// verifyLine is one line of the answer.
type verifyLine struct {
	Done   int64         `json:"done,omitempty"` // bytes
	Result *verification `json:"result,omitempty"`
	Err    string        `json:"err,omitempty"`
}

// verifyRunning asks the hub that has the store. inUse says who that is.
func verifyRunning(ctx context.Context, cfg configs.Config, inUse error) (*verification, error) {
	host, port, err := net.SplitHostPort(cfg.HTTP.Listen)
	if err != nil {
		return nil, inUse
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+verifyPath, nil)
	if err != nil {
		return nil, inUse
	}
	if token := string(cfg.HTTP.Metrics.Token); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w. (Tiến trình đó không trả lời ở %s; nếu nó là tongdai serve với địa chỉ khác, hãy chạy lệnh này với cùng --config)", inUse, r.URL.Host)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w. (Tiến trình nghe ở %s trả lời %q)", inUse, r.URL.Host, answer.Status)
	}
	return readVerification(answer)
}

func readVerification(answer *http.Response) (*verification, error) {
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var line verifyLine
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil:
			return nil, fmt.Errorf("câu trả lời của tongdai serve không hiểu được: %w", err)
		case line.Err != "":
			return nil, errors.New(line.Err)
		case line.Result != nil:
			return line.Result, nil
		}
	}
	return nil, errors.Join(errors.New("tongdai serve ngừng trả lời giữa chừng"), lines.Err())
}

// verifyHere answers at verifyPath.
func (a *app) verifyHere(c echo.Context) error {
	store, ok := a.store.(*bolt.Store)
	if !ok {
		return echo.ErrNotFound
	}
	if !a.verifying.TryLock() {
		return c.String(http.StatusConflict, "đang có một lần kiểm tra khác\n")
	}
	defer a.verifying.Unlock()
	c.Response().Header().Set("Content-Type", "application/x-ndjson")
	enc, last := json.NewEncoder(c.Response()), time.Time{}
	say := func(line verifyLine) error {
		defer c.Response().Flush()
		return enc.Encode(line)
	}
	v, err := a.verifyOpen(c.Request().Context(), store, func(done, _ int64) {
		if time.Since(last) > time.Second {
			last = time.Now()
			_ = say(verifyLine{Done: done}) // who has left is noticed by the context
		}
	})
	if err != nil {
		return say(verifyLine{Err: err.Error()})
	}
	return say(verifyLine{Result: v})
}

func (a *app) verifyOpen(ctx context.Context, store *bolt.Store, tell func(done, total int64)) (*verification, error) {
	begun := time.Now()
	files := make(carriers)
	found, err := store.Verify(ctx, bolt.VerifyOptions{Progress: tell, File: files.add})
	if err != nil {
		return nil, err
	}
	v := fileVerification(filepath.Join(a.cfg.Data.Folder, a.cfg.Store.Path), found)
	v.Running = true
	v.Notes = append(v.Notes, "hệ thống đang chạy nên chỉ kiểm tra các bản ghi và tệp đính kèm; muốn kiểm tra cả cấu trúc tệp kho, hãy dừng hệ thống rồi chạy lại.")
	err = v.readFiles(ctx, a.media, files)
	v.Seconds = time.Since(begun).Seconds()
	return v, err
}
