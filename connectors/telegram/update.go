package telegram

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// wanted are the kinds of updates that Telegram is asked for. Reactions come only
// when they are asked for by name.
var wanted = []string{"message", "edited_message", "callback_query", "message_reaction", "my_chat_member"}

// ofOthers are kinds that concern no talk between a citizen and the bot. They come
// only where somebody has asked for them with the bot's token.
var ofOthers = map[string]bool{
	"channel_post": true, "edited_channel_post": true, "message_reaction_count": true, "chat_member": true,
	"chat_join_request": true, "chat_boost": true, "removed_chat_boost": true, "poll": true, "poll_answer": true,
	"inline_query": true, "chosen_inline_result": true,
}

// reading is what came of one update.
type reading struct {
	id      int64
	chat    int64 // 0: of no chat
	album   string
	in      []connectors.Inbound
	trouble string
	// reply is what Telegram is to do when the update is kept, if anything.
	reply *reply
}

// reply is a call whose result nobody needs: the answer to a press, a word to a group.
type reply struct {
	Method   string `json:"method"`
	Callback string `json:"callback_query_id,omitempty"`
	Chat     int64  `json:"chat_id,omitempty"`
	Text     string `json:"text,omitempty"`
}

const groupWords = "Dạ, bot của tổng đài chỉ trả lời tin nhắn riêng. Mời anh/chị mở trang của bot, bấm “Nhắn tin” (Start) rồi gửi câu hỏi, phản ánh. Tin trong nhóm này tổng đài không nhận."

// read understands one update.
func (a *account) read(body []byte, receivedAt time.Time) (r reading) {
	var u models.Update
	if err := json.Unmarshal(body, &u); err != nil {
		r.id = updateID(body)
		r.trouble = fmt.Sprintf("Tin sai cấu trúc, hoặc thuộc loại mới: %s.", clip(strings.ToValidUTF8(err.Error(), "�"), 200))
		return r
	}
	r.id = u.ID
	switch {
	case u.Message != nil:
		r.message(u.Message)
	case u.EditedMessage != nil:
		r.edited(u.EditedMessage)
	case u.CallbackQuery != nil:
		r.callback(u.CallbackQuery, receivedAt)
	case u.MessageReaction != nil:
		r.reacted(u.MessageReaction)
	case u.MyChatMember != nil:
		r.member(u.MyChatMember)
	default:
		r.other(body)
	}
	for i := range r.in {
		if r.in[i].SentAt.IsZero() {
			r.in[i].SentAt = receivedAt
		}
	}
	return r
}

// updateID is the id of an update that is not understood otherwise.
func updateID(body []byte) int64 {
	var only struct {
		ID int64 `json:"update_id"`
	}
	_ = json.Unmarshal(body, &only) // zero where there is none
	return only.ID
}

func (r *reading) other(body []byte) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		r.trouble = "Tin không phải là một bản cập nhật của Telegram."
		return
	}
	delete(fields, "update_id")
	kinds := slices.Sorted(maps.Keys(fields))
	for _, kind := range kinds {
		if !ofOthers[kind] {
			r.trouble = fmt.Sprintf("Chưa biết loại cập nhật “%s”.", clip(kind, 80))
			return
		}
	}
	if len(kinds) == 0 {
		r.trouble = "Bản cập nhật không có nội dung."
	}
}

// isPrivate reports whether an update is of a talk between one person and the bot.
func (r *reading) isPrivate(chat models.Chat) bool {
	r.chat = chat.ID
	return chat.Type == models.ChatTypePrivate || chat.Type == ""
}

// inbound is what all reports have.
func (r *reading) inbound(kind connectors.InboundKind, from *models.User, unix int, key ...string) connectors.Inbound {
	in := connectors.Inbound{
		Key:  strings.Join(append([]string{strconv.FormatInt(r.chat, 10)}, key...), "/"),
		Kind: kind, From: connectors.RemoteID(strconv.FormatInt(r.chat, 10)),
	}
	if unix > 0 {
		in.SentAt = time.Unix(int64(unix), 0).UTC()
	}
	if from != nil && from.ID == r.chat {
		in.Profile.Name, in.Profile.Language = nameOf(from), from.LanguageCode
		in.Language = from.LanguageCode
	}
	return in
}

const (
	troublePerson  = "Bản cập nhật không cho biết người dân nào."
	troubleMessage = "Bản cập nhật không có mã tin nhắn."
)

func (r *reading) message(m *models.Message) {
	if !r.isPrivate(m.Chat) || isService(m) {
		return // a group was told when the bot joined it
	}
	if !r.named(m.Chat.ID, m.ID) {
		return
	}
	id := strconv.Itoa(m.ID)
	if ref, start := opening(m.Text); start {
		in := r.inbound(connectors.Opened, m.From, m.Date, id)
		in.Message, in.Ref = connectors.RemoteID(id), ref
		r.in = []connectors.Inbound{in}
		return
	}
	in := r.inbound(connectors.Said, m.From, m.Date, id)
	in.Message, in.Album = connectors.RemoteID(id), connectors.RemoteID(m.MediaGroupID)
	if m.ReplyToMessage != nil && m.ReplyToMessage.ID != 0 {
		in.Quotes = connectors.RemoteID(strconv.Itoa(m.ReplyToMessage.ID))
	}
	if in.Content, r.trouble = contentOf(m); in.Content.Empty() {
		if r.trouble == "" {
			r.trouble = "Tin thuộc loại mà tổng đài chưa đọc được (trò chơi, tin 24 giờ, quà tặng, …)."
		}
		return
	}
	r.album = m.MediaGroupID
	r.in = []connectors.Inbound{in}
}

func (r *reading) named(chat int64, message int) bool {
	switch {
	case chat == 0:
		r.trouble = troublePerson
	case message == 0:
		r.trouble = troubleMessage
	default:
		return true
	}
	return false
}

// opening reads "/start", which the app sends when somebody opens the bot for the
// first time or comes by a link https://t.me/name?start=ref.
func opening(text string) (ref string, ok bool) {
	command, ref, _ := strings.Cut(text, " ")
	command, _, _ = strings.Cut(command, "@")
	return strings.TrimSpace(ref), command == "/start"
}

// isService: a message that nobody wrote.
func isService(m *models.Message) bool {
	return m.PinnedMessage != nil || m.MessageAutoDeleteTimerChanged != nil || m.WriteAccessAllowed != nil ||
		m.ConnectedWebsite != "" || m.ChatBackgroundSet != nil || m.BoostAdded != nil || m.ProximityAlertTriggered != nil
}

// edited is a message as it reads now. A place that moves is edited every few
// seconds, for hours: the place that was sent counts.
func (r *reading) edited(m *models.Message) {
	if !r.isPrivate(m.Chat) || m.Location != nil {
		return
	}
	if !r.named(m.Chat.ID, m.ID) {
		return
	}
	c, trouble := contentOf(m)
	if c.Empty() {
		if r.trouble = trouble; trouble == "" {
			r.trouble = "Tin đã sửa không còn nội dung nào mà tổng đài đọc được."
		}
		return
	}
	// Two edits within a second have one edit_date.
	in := r.inbound(connectors.Edited, m.From, max(m.EditDate, m.Date), strconv.Itoa(m.ID), strconv.Itoa(m.EditDate), sumOf(c))
	in.Message, in.Content = connectors.RemoteID(strconv.Itoa(m.ID)), c
	r.in, r.trouble = []connectors.Inbound{in}, trouble
}

func sumOf(c content.Content) string {
	h := sha256.New()
	h.Write([]byte(content.Plain(c)))
	for _, file := range c.Attachments {
		h.Write([]byte("\x00" + file.Source))
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// callback is the press of a button.
func (r *reading) callback(q *models.CallbackQuery, receivedAt time.Time) {
	message := q.Message.Message
	if q.ID == "" || q.From.ID == 0 {
		r.trouble = troublePerson
		return
	}
	r.reply = &reply{Method: "answerCallbackQuery", Callback: q.ID}
	r.chat = q.From.ID
	if message != nil && !r.isPrivate(message.Chat) {
		return
	}
	label, value, ok := pressed(q.Data, offered(message))
	if !ok {
		r.reply.Text = "Dạ, nút này đã cũ. Mời anh/chị gõ câu trả lời giúp em ạ."
		r.trouble = "Người dân bấm một nút mà tổng đài không còn biết (tin quá cũ, hoặc nút không phải của tổng đài)."
		return
	}
	in := r.inbound(connectors.Said, &q.From, 0, "press", q.ID)
	in.SentAt, in.Pressed, in.Content.Text = receivedAt, value, label
	r.in = []connectors.Inbound{in}
}

// offered are the buttons below a message by what they carry; nil: not told.
func offered(m *models.Message) map[string]string {
	if m == nil || m.ReplyMarkup == nil {
		return nil
	}
	all := map[string]string{}
	for _, row := range m.ReplyMarkup.InlineKeyboard {
		for _, b := range row {
			if b.CallbackData != "" {
				all[b.CallbackData] = b.Text
			}
		}
	}
	return all
}

func (r *reading) reacted(m *models.MessageReactionUpdated) {
	if !r.isPrivate(m.Chat) || !r.named(m.Chat.ID, m.MessageID) {
		return
	}
	var signs []string
	for _, sign := range m.NewReaction {
		switch {
		case sign.ReactionTypeEmoji != nil:
			signs = append(signs, sign.ReactionTypeEmoji.Emoji)
		case sign.ReactionTypePaid != nil:
			signs = append(signs, "⭐")
		default:
			signs = append(signs, "(biểu tượng riêng)")
		}
	}
	id := strconv.Itoa(m.MessageID)
	in := r.inbound(connectors.Reacted, m.User, m.Date, id, strconv.Itoa(m.Date), strings.Join(signs, ""))
	in.Message, in.Reaction = connectors.RemoteID(id), strings.Join(signs, " ")
	r.in = []connectors.Inbound{in}
}

// member is what became of the bot in a chat: a person blocked it or let it in
// again, a group took it in.
func (r *reading) member(m *models.ChatMemberUpdated) {
	status := m.NewChatMember.Type
	if r.isPrivate(m.Chat) {
		if m.Chat.ID == 0 {
			r.trouble = troublePerson
			return
		}
		kind := connectors.Followed
		if status == models.ChatMemberTypeBanned || status == models.ChatMemberTypeLeft {
			kind = connectors.Unfollowed
		}
		r.in = []connectors.Inbound{r.inbound(kind, &m.From, m.Date, strconv.Itoa(m.Date), string(status))}
		return
	}
	in, out := isIn(status), isIn(m.OldChatMember.Type)
	switch {
	case !in || out: // gone, or only other rights
	case m.Chat.Type == models.ChatTypeChannel:
		r.reply = &reply{Method: "leaveChat", Chat: m.Chat.ID}
	default:
		r.reply = &reply{Method: "sendMessage", Chat: m.Chat.ID, Text: groupWords}
	}
}

func isIn(status models.ChatMemberType) bool {
	return status == models.ChatMemberTypeMember || status == models.ChatMemberTypeAdministrator || status == models.ChatMemberTypeOwner
}

// raw is what an update is kept as.
func (a *account) raw(body []byte, receivedAt time.Time) connectors.Raw {
	return connectors.Raw{Channel: a.cfg.Channel.ID, ReceivedAt: receivedAt, Type: "application/json", Body: body}
}

// Parse implements connectors.Parser. An album that was fetched at once is kept as
// a list of updates.
func (a *account) Parse(_ context.Context, raw connectors.Raw) (all []connectors.Inbound, err error) {
	bodies, trouble := []json.RawMessage{raw.Body}, ""
	if bytes.HasPrefix(bytes.TrimSpace(raw.Body), []byte("[")) {
		bodies, trouble = nil, "Danh sách bản cập nhật trống, hoặc sai cấu trúc."
		if json.Unmarshal(raw.Body, &bodies) == nil && len(bodies) > 0 {
			trouble = ""
		}
	}
	for _, body := range bodies {
		r := a.read(body, raw.ReceivedAt)
		all = append(all, r.in...)
		trouble = cmp.Or(r.trouble, trouble)
	}
	if trouble != "" {
		err = errors.New(trouble)
	}
	return all, err
}
