package mattermost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"tongdai/connectors/content"
)

// uploads hands files over. told are the words about those that do not come along.
func (t *posting) uploads(ctx context.Context, files []content.Attachment) (ids, told []string, err error) {
	for _, file := range files {
		if why := t.unfit(file); why != "" {
			told = append(told, why)
			continue
		}
		id, err := t.uploadFile(ctx, file)
		switch {
		case err == nil:
			ids = append(ids, id)
		case errors.Is(err, fs.ErrNotExist):
			told = append(told, t.elsewhere(file, "không còn được lưu"))
		case status(err) == http.StatusRequestEntityTooLarge:
			told = append(told, t.elsewhere(file, "lớn hơn mức máy chủ Mattermost cho phép"))
		default:
			return nil, nil, err
		}
	}
	return ids, told, nil
}

func (t *posting) uploadFile(ctx context.Context, file content.Attachment) (id string, err error) {
	body, err := t.files.Read(ctx, file)
	if err != nil {
		return "", fmt.Errorf("read a file for Mattermost: %w", err)
	}
	defer body.Close()
	name := file.Name
	if name == "" {
		name = "tep"
	}
	return t.api.upload(ctx, t.channel, name, file.Size, body)
}

// unfit tells why a file cannot come along; "": it can.
func (t *posting) unfit(file content.Attachment) string {
	switch {
	case file.ID == "" && file.Problem != "":
		return t.elsewhere(file, "không tải được: "+file.Problem)
	case file.ID == "":
		return t.elsewhere(file, "chưa tải xong")
	case file.Size > t.cfg.MaxFile:
		return t.elsewhere(file, fmt.Sprintf("lớn hơn %d MB", t.cfg.MaxFile>>20))
	}
	return ""
}

// elsewhere says why a file is not in a post, and where one sees it.
func (t *posting) elsewhere(file content.Attachment, why string) string {
	words := literal(clip(file.Called(), 100)) + ": " + literal(clip(why, 120))
	if t.Matter.Link != "" {
		words += " – [xem ở bàn trực](" + t.Matter.Link + ")"
	}
	return "_" + words + "_"
}
