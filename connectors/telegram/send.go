package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/content"
	"tongdai/connectors/progress"
)

// uploadTime is for one call with files: 50 MB at 210 kB/s.
const uploadTime = 4 * time.Minute

// Send implements connectors.Connector. What Telegram cannot say in one message
// leaves as several, in order; when one of them fails, the next Send of the same
// Key goes on where this one stopped, as long as this process lives.
func (a *account) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return connectors.Receipt{}, call.NotSent(err)
	}
	chat, err := strconv.ParseInt(string(out.To), 10, 64)
	if err != nil {
		return connectors.Receipt{}, &connectors.Error{Kind: connectors.Permanent, Reason: "Không rõ gửi cho ai trên Telegram.", Err: err}
	}
	parts, err := render(out.Content)
	if err != nil {
		return connectors.Receipt{}, err
	}
	sent := a.sent.Of(out.Key)
	if len(sent) == 0 {
		if err := a.present(ctx, out.Content.Attachments); err != nil {
			return connectors.Receipt{}, err
		}
		parts[0].quotes, _ = strconv.Atoi(string(out.Quotes)) // another platform's id is none of ours
	}
	for _, p := range parts[min(len(sent), len(parts)):] {
		one, err := a.sendPart(ctx, &chat, p)
		if err != nil {
			return connectors.Receipt{}, err
		}
		sent = append(sent, one)
		a.sent.Put(out.Key, sent)
	}
	return progress.Receipt(sent), nil
}

// present sees to it that no file is missing before anything leaves.
func (a *account) present(ctx context.Context, files []content.Attachment) error {
	for _, f := range files {
		r, err := a.open(ctx, f)
		if err != nil {
			return err
		}
		_ = r.Close() // was only opened
	}
	return nil
}

func (a *account) open(ctx context.Context, f content.Attachment) (io.ReadCloser, error) {
	r, err := a.files.Read(ctx, f)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noFile(fmt.Sprintf("Tệp “%s” không còn ở tổng đài.", f.Name))
	}
	if err != nil {
		return nil, call.NotSent(fmt.Errorf("read the file to send: %w", err))
	}
	return r, nil
}

// sendPart makes one call. Where Telegram refuses a part of it that is not what
// was said, it is made again without: a quote that is gone, links that it does not
// take for buttons, a picture that it cannot show but can carry. A group that
// became another goes on there.
func (a *account) sendPart(ctx context.Context, chat *int64, p part) (progress.Part, error) {
	one, err := a.attempt(ctx, *chat, p)
	no, refused := errors.AsType[*refusal](err)
	if !refused {
		return one, err
	}
	switch description := strings.ToLower(no.Description); {
	case no.MigrateTo != 0:
		*chat = no.MigrateTo
	case no.Code != http.StatusBadRequest && no.Code != http.StatusForbidden:
		return one, err
	case p.quotes != 0 && strings.Contains(description, "repl"):
		p.quotes = 0
	case p.board != nil && p.bare != "" && (strings.Contains(description, "url") || strings.Contains(description, "button")):
		p.text, p.board, p.bare = p.bare, p.board.choicesOf(), ""
		if units(p.text) > textLength || len(p.files) > 0 && units(p.text) > captionLength {
			return one, err
		}
	case len(p.files) == 1 && p.how != asDocument && isUnshown(description):
		p.how = asDocument
	default:
		return one, err
	}
	return a.attempt(ctx, *chat, p)
}

// isUnshown: the file is fine, and this way of showing it is not.
func isUnshown(description string) bool {
	for _, words := range []string{"photo_", "image_process_failed", "photo is too big", "voice_messages_forbidden", "wrong file", "failed to get http url content"} {
		if strings.Contains(description, words) {
			return true
		}
	}
	return false
}

// attempt waits for the turn of a call and makes it.
func (a *account) attempt(ctx context.Context, chat int64, p part) (progress.Part, error) {
	if err := a.pace.turn(ctx, chat); err != nil {
		return progress.Part{}, call.NotSent(err)
	}
	limit := a.cfg.Timeout
	if len(p.files) > 0 {
		limit = uploadTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	messages, err := a.call(ctx, chat, p)
	if err != nil {
		err = a.explained(err, true)
		if connectors.KindOf(err) == connectors.RateLimited {
			a.pace.told(chat, connectors.RetryAfter(err))
		}
		return progress.Part{}, err
	}
	if len(messages) == 0 {
		return progress.Part{}, call.InDoubt(true, errors.New("the answer names no message"))
	}
	var ids []connectors.RemoteID
	for _, m := range messages {
		if m == nil || m.ID == 0 {
			return progress.Part{}, call.InDoubt(true, errors.New("the answer names no message"))
		}
		ids = append(ids, connectors.RemoteID(strconv.Itoa(m.ID)))
	}
	return progress.Part{ID: ids[0], More: ids[1:], At: time.Unix(int64(messages[0].Date), 0)}, nil
}

// call hands p over in the library's words.
func (a *account) call(ctx context.Context, chat int64, p part) ([]*models.Message, error) {
	var quotes *models.ReplyParameters
	if p.quotes != 0 {
		quotes = &models.ReplyParameters{MessageID: p.quotes, AllowSendingWithoutReply: true}
	}
	var markup models.ReplyMarkup // a nil *keyboard in it would be sent as null
	if p.board != nil {
		markup = p.board
	}
	switch {
	case p.how == asAlbum && len(p.files) > 1:
		return a.album(ctx, chat, p, quotes)
	case len(p.files) > 0:
		return a.file(ctx, chat, p, quotes, markup)
	case p.place != nil && p.place.Label != "":
		return single(a.api.SendVenue(ctx, &bot.SendVenueParams{
			ChatID: chat, Latitude: p.place.Latitude, Longitude: p.place.Longitude, Title: clip(p.place.Label, 250),
			Address: fmt.Sprintf("%.5f, %.5f", p.place.Latitude, p.place.Longitude), ReplyParameters: quotes,
		}))
	case p.place != nil:
		return single(a.api.SendLocation(ctx, &bot.SendLocationParams{
			ChatID: chat, Latitude: p.place.Latitude, Longitude: p.place.Longitude, ReplyParameters: quotes,
		}))
	}
	return single(a.api.SendMessage(ctx, &bot.SendMessageParams{
		ChatID: chat, Text: p.text, ReplyParameters: quotes, ReplyMarkup: markup,
		LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: bot.True()},
	}))
}

func single(m *models.Message, err error) ([]*models.Message, error) {
	if err != nil {
		return nil, err
	}
	return []*models.Message{m}, nil
}

func (a *account) file(ctx context.Context, chat int64, p part, quotes *models.ReplyParameters, markup models.ReplyMarkup) ([]*models.Message, error) {
	f := p.files[0]
	opened, err := a.open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	upload := &models.InputFileUpload{Filename: fileName(f), Data: &stream{opened}}
	switch p.how {
	case asPhoto:
		return single(a.api.SendPhoto(ctx, &bot.SendPhotoParams{ChatID: chat, Photo: upload, Caption: p.text, ReplyParameters: quotes, ReplyMarkup: markup}))
	case asVideo:
		return single(a.api.SendVideo(ctx, &bot.SendVideoParams{
			ChatID: chat, Video: upload, Caption: p.text, SupportsStreaming: true, ReplyParameters: quotes, ReplyMarkup: markup,
		}))
	case asAnimation:
		return single(a.api.SendAnimation(ctx, &bot.SendAnimationParams{ChatID: chat, Animation: upload, Caption: p.text, ReplyParameters: quotes, ReplyMarkup: markup}))
	case asVoice:
		return single(a.api.SendVoice(ctx, &bot.SendVoiceParams{ChatID: chat, Voice: upload, Caption: p.text, ReplyParameters: quotes, ReplyMarkup: markup}))
	}
	return single(a.api.SendDocument(ctx, &bot.SendDocumentParams{
		ChatID: chat, Document: upload, Caption: p.text, DisableContentTypeDetection: true, ReplyParameters: quotes, ReplyMarkup: markup,
	}))
}

// stream is a pointer, which the library asks of what it reads.
type stream struct{ io.Reader }

func (a *account) album(ctx context.Context, chat int64, p part, quotes *models.ReplyParameters) ([]*models.Message, error) {
	var media []models.InputMedia
	for i, f := range p.files {
		opened, err := a.open(ctx, f)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		attached, caption := fmt.Sprintf("attach://file%d", i), ""
		if i == 0 {
			caption = p.text // the words below the first stand below the album
		}
		if wayOf(f) == asVideo {
			media = append(media, &models.InputMediaVideo{Media: attached, MediaAttachment: &stream{opened}, Caption: caption, SupportsStreaming: true})
		} else {
			media = append(media, &models.InputMediaPhoto{Media: attached, MediaAttachment: &stream{opened}, Caption: caption})
		}
	}
	return a.api.SendMediaGroup(ctx, &bot.SendMediaGroupParams{ChatID: chat, Media: media, ReplyParameters: quotes})
}

// Signal implements connectors.Signaler: "đang nhập…", for five seconds. Telegram
// tells nobody what was seen.
func (a *account) Signal(ctx context.Context, to, _ connectors.RemoteID, sign connectors.Sign) error {
	chat, err := strconv.ParseInt(string(to), 10, 64)
	if err != nil || sign != connectors.Typing {
		return nil
	}
	return a.ask(ctx, func(ctx context.Context) error {
		_, err := a.api.SendChatAction(ctx, &bot.SendChatActionParams{ChatID: chat, Action: models.ChatActionTyping})
		return err
	})
}
