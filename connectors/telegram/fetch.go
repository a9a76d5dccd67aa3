package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

// fetchTimeout is for one whole file: 20 MB at 170 kB/s.
const fetchTimeout = 2 * time.Minute

var errSource = errors.New("the attachment does not name a file of Telegram's")

// Fetch implements connectors.Fetcher. An update names a file by an id, which is
// asked for anew each time: the address that comes of it is good for an hour and
// leads to the configured server alone, redirects being refused. Nothing a citizen
// writes decides whom we ask.
func (a *account) Fetch(ctx context.Context, file content.Attachment) (content.Attachment, error) {
	id, ours := strings.CutPrefix(file.Source, fileScheme)
	if !ours || !isSecret(id) {
		return content.Attachment{}, gone("Tệp không nằm ở Telegram nên không tải.", errSource)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var found *models.File
	err := a.ask(ctx, func(ctx context.Context) (err error) {
		found, err = a.api.GetFile(ctx, &bot.GetFileParams{FileID: id})
		return err
	})
	if err != nil {
		return content.Attachment{}, a.notFound(err)
	}
	if found.FileSize > a.cfg.MaxFile {
		return content.Attachment{}, a.tooLarge()
	}
	return a.download(ctx, file, found.FilePath)
}

// notFound explains why Telegram does not hand a file over.
func (a *account) notFound(err error) error {
	no, refused := errors.AsType[*refusal](err)
	switch {
	case !refused || no.Code != http.StatusBadRequest:
		return fmt.Errorf("ask Telegram for a file: %w", err)
	case strings.Contains(no.Description, "too big"):
		return gone("Tệp lớn hơn 20 MB nên Telegram không cho tổng đài tải.", no)
	}
	return gone("Telegram không còn giữ tệp này.", no)
}

func (a *account) download(ctx context.Context, file content.Attachment, at string) (content.Attachment, error) {
	if at == "" || !isPlain(at) {
		return content.Attachment{}, gone("Telegram không cho biết tải tệp này ở đâu.", errSource)
	}
	address := a.cfg.URL + "/file/bot" + a.cfg.Token + "/" + (&url.URL{Path: at}).EscapedPath()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return content.Attachment{}, gone("Telegram không cho biết tải tệp này ở đâu.", errSource) // err tells the token
	}
	resp, err := a.wire.client.Do(req)
	if err != nil {
		return content.Attachment{}, fmt.Errorf("fetch a file from Telegram: %w", call.WithoutAddress(err))
	}
	defer resp.Body.Close()
	if err := a.fetchable(resp); err != nil {
		return content.Attachment{}, err
	}
	kept, err := a.files.Put(ctx, fetchedName(file, at), edge.Bounded(resp.Body, a.cfg.MaxFile))
	if errors.Is(err, edge.ErrTooLarge) {
		return content.Attachment{}, a.tooLarge()
	}
	if err != nil {
		return content.Attachment{}, err
	}
	kept.Kind, kept.Source = file.Kind, ""
	return kept, nil
}

// isPlain: a path below another that leads out of it nowhere.
func isPlain(at string) bool {
	return !strings.HasPrefix(at, "/") && path.Clean(at) == at && !strings.HasPrefix(at, "..") && !strings.ContainsAny(at, "?#\\")
}

func (a *account) fetchable(resp *http.Response) error {
	status := fmt.Errorf("telegram's storage answered %d", resp.StatusCode)
	switch {
	case resp.StatusCode == http.StatusOK && resp.ContentLength > a.cfg.MaxFile:
		return a.tooLarge()
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		// The address is a minute old at most, so it is not that it expired.
		return gone("Telegram không còn giữ tệp này.", status)
	}
	return fmt.Errorf("fetch a file from Telegram: %w", status)
}

func (a *account) tooLarge() error {
	return gone(fmt.Sprintf("Tệp lớn hơn %d MB nên tổng đài không tải.", a.cfg.MaxFile>>20), edge.ErrTooLarge)
}

func gone(reason string, err error) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: err}
}

// fetchedName is what a fetched file is called: Telegram names only what was sent
// as a file.
func fetchedName(file content.Attachment, at string) string {
	if file.Name != "" && file.Kind != content.Sticker {
		return file.Name
	}
	extension := path.Ext(at)
	if len(extension) > 6 {
		extension = ""
	}
	names := map[content.AttachmentKind]string{
		content.Picture: "anh", content.Animation: "anh-dong", content.Sticker: "nhan-dan",
		content.Voice: "tin-thoai", content.Video: "video", content.File: "tep",
	}
	return names[file.Kind] + extension
}
