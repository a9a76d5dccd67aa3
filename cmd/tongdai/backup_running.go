package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/configs"
	"tongdai/inbox/store/backup"
)

// A store that the hub has open is backed up by the hub itself: "tongdai
// backup" asks it at backupPath. Who may ask has the installation's key, as
// whoever may read the data folder does; the request bears what is derived from
// it. The answer is lines of JSON: how far it has come, and at last the manifest.

const backupPath = "/backupz"

// backupLine is one line of the answer.
type backupLine struct {
	Progress *backup.Progress `json:"progress,omitempty"`
	Result   *backup.Manifest `json:"result,omitempty"`
	Err      string           `json:"err,omitempty"`
}

func backupToken(key []byte) (string, error) {
	token, err := hkdf.Key(sha256.New, key, nil, "backup command", sha256.Size)
	return hex.EncodeToString(token), err
}

// backupRunning asks the hub that has the store. inUse says who that is.
func backupRunning(ctx context.Context, cfg configs.Config, key []byte, o backupOrder, tell func(backup.Progress), inUse error) (m backup.Manifest, err error) {
	host, port, err := net.SplitHostPort(cfg.HTTP.Listen)
	if err != nil {
		return m, inUse
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	body, err := json.Marshal(o)
	if err != nil {
		return m, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+net.JoinHostPort(host, port)+backupPath, bytes.NewReader(body))
	if err != nil {
		return m, inUse
	}
	token, err := backupToken(key)
	if err != nil {
		return m, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
	if err != nil {
		return m, fmt.Errorf("%w. (Tiến trình đó không trả lời ở %s; nếu nó là tongdai serve với địa chỉ khác, hãy chạy lệnh này với cùng --config)", inUse, r.URL.Host)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return m, fmt.Errorf("%w. (Tiến trình nghe ở %s trả lời %q)", inUse, r.URL.Host, answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 256<<20) // the manifest names every attachment
	for lines.Scan() {
		var line backupLine
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil:
			return m, fmt.Errorf("câu trả lời của tongdai serve không hiểu được: %w", err)
		case line.Err != "":
			return m, errors.New(line.Err)
		case line.Result != nil:
			return *line.Result, nil
		case line.Progress != nil:
			tell(*line.Progress)
		}
	}
	return m, errors.Join(errors.New("tongdai serve ngừng trả lời giữa chừng; bản sao lưu chưa xong"), lines.Err())
}

// backupHere answers at backupPath.
func (a *app) backupHere(c echo.Context) error {
	token, err := backupToken(a.key)
	if err != nil {
		return err
	}
	given, _ := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	if a.embedded() == nil || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
		return echo.ErrNotFound
	}
	var o backupOrder
	if err := c.Bind(&o); err != nil || !filepath.IsAbs(o.To) {
		return c.String(http.StatusBadRequest, "không hiểu được yêu cầu\n")
	}
	if !a.backingUp.TryLock() {
		return c.String(http.StatusConflict, "đang có một lần sao lưu khác\n")
	}
	defer a.backingUp.Unlock()
	c.Response().Header().Set("Content-Type", "application/x-ndjson")
	enc, last := json.NewEncoder(c.Response()), time.Time{}
	say := func(line backupLine) error {
		defer c.Response().Flush()
		return enc.Encode(line)
	}
	m, err := a.backUp(c.Request().Context(), o, func(p backup.Progress) {
		if p.Done || time.Since(last) > time.Second {
			last = time.Now()
			_ = say(backupLine{Progress: &p}) // who has left is noticed by the context
		}
	})
	if err != nil {
		a.log.WarnContext(c.Request().Context(), "a backup that was asked for failed", "err", err)
		return say(backupLine{Err: err.Error()})
	}
	return say(backupLine{Result: &m})
}

// backUp writes a backup of the store that this hub works on.
func (a *app) backUp(ctx context.Context, o backupOrder, tell func(backup.Progress)) (m backup.Manifest, err error) {
	begun := time.Now()
	defer func() { a.figures.backedUp(time.Since(begun), err) }()
	job := backupJob{cfg: a.cfg, file: a.file, key: a.key, media: a.media}
	if store := a.embedded(); store != nil {
		shot, err := store.Snapshot(ctx)
		if err != nil {
			return m, err
		}
		job.store = shot
	} else if job.store, err = momentOf(ctx, a.cfg); err != nil {
		return m, err
	}
	m, err = job.write(ctx, o, tell)
	return m, errors.Join(err, job.store.Close())
}
