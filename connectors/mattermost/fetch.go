package mattermost

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

// Fetch implements connectors.Fetcher. A post names a file by its id at the server;
// nothing that people write decides whom we ask.
func (b *Bridge) Fetch(ctx context.Context, file content.Attachment) (content.Attachment, error) {
	if !model.IsValidId(file.Source) {
		return content.Attachment{}, gone("Tệp không nằm ở Mattermost nên không tải.", errors.New("mattermost: the attachment names no file"))
	}
	if file.Name == "" {
		info, err := b.api.fileInfo(ctx, file.Source)
		if err != nil {
			return content.Attachment{}, missing(err)
		}
		file.Name, file.Size = info.Name, info.Size
		if file.Kind == content.File {
			file.Kind = kindOf(info.MimeType)
		}
	}
	body, size, err := b.api.download(ctx, file.Source)
	if err != nil {
		return content.Attachment{}, missing(err)
	}
	defer body.Close()
	if max(size, file.Size) > b.cfg.MaxFile {
		return content.Attachment{}, b.tooLarge()
	}
	kept, err := b.files.Put(ctx, file.Name, edge.Bounded(body, b.cfg.MaxFile))
	if errors.Is(err, edge.ErrTooLarge) {
		return content.Attachment{}, b.tooLarge()
	}
	if err != nil {
		return content.Attachment{}, err
	}
	kept.Kind, kept.Source = file.Kind, ""
	return kept, nil
}

// missing explains why the server does not hand a file over.
func missing(err error) error {
	if s := status(err); s == http.StatusNotFound || s == http.StatusForbidden || s == http.StatusBadRequest {
		return gone("Mattermost không còn giữ tệp này.", err)
	}
	return err
}

func (b *Bridge) tooLarge() error {
	return gone(fmt.Sprintf("Tệp lớn hơn %d MB nên tổng đài không tải.", b.cfg.MaxFile>>20), edge.ErrTooLarge)
}

func gone(reason string, err error) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: err}
}
