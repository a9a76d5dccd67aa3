package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

const (
	// dialogLife is how long a dialog may stand open while somebody writes.
	dialogLife = 12 * time.Hour
	// dialogMost is how long a text may be, which is all that Mattermost lets people
	// write in a dialog.
	dialogMost = 3000
)

// The fields of dialogs.
const (
	textField = "text"
	dueField  = "due"
)

// dialogs are what some buttons ask for. Titles and labels are as long as Mattermost
// shows them: 24 characters.
var dialogs = map[op]struct {
	do       connectors.Deed
	title    string
	intro    string
	submit   string
	elements []model.DialogElement
}{
	opSpeak: {connectors.Speak, "Trả lời người dân", "Lời này được gửi cho người dân, nơi họ đã hỏi.", "Gửi", []model.DialogElement{
		{DisplayName: "Nội dung trả lời", Name: textField, Type: "textarea", MaxLength: dialogMost, HelpText: "Dài hơn 3.000 ký tự hoặc có tệp: viết trong luồng, bắt đầu bằng dấu gửi người dân."},
	}},
	opVow: {connectors.Vow, "Hẹn trả lời", "Người dân được báo sẽ có trả lời trước giờ này.", "Hẹn", []model.DialogElement{
		{DisplayName: "Trả lời trước", Name: dueField, Type: "text", MaxLength: 40, Placeholder: "17:00 20/11/2026", HelpText: "Giờ và ngày, ví dụ 17:00 20/11/2026."},
		{DisplayName: "Lời nhắn người dân", Name: textField, Type: "textarea", MaxLength: dialogMost, Optional: true, HelpText: "Để trống thì tổng đài báo giờ hẹn bằng lời có sẵn."},
	}},
	opGiveUp: {connectors.GiveUp, "Chuyển lại", "Phiếu về lại bàn trực để chuyển nơi khác.", "Chuyển lại", []model.DialogElement{
		{DisplayName: "Lý do", Name: textField, Type: "textarea", MaxLength: dialogMost, HelpText: "Vì sao không thuộc đơn vị, và nên hỏi nơi nào."},
	}},
	opRemark: {connectors.Remark, "Ghi chú", "Chỉ đồng nghiệp thấy, không gửi cho người dân.", "Ghi", []model.DialogElement{
		{DisplayName: "Nội dung", Name: textField, Type: "textarea", MaxLength: dialogMost},
	}},
}

// ask opens the dialog of a button, for the one who pressed. The server lets it be
// opened for three seconds only.
func (b *Bridge) ask(w http.ResponseWriter, r *http.Request, p press) {
	d, ok := dialogs[p.token.Op]
	if !ok {
		whisper(w, strangeWords)
		return
	}
	state := pressed{Op: p.token.Op, Thread: p.token.Thread, Root: p.PostId, Channel: p.ChannelId, User: p.UserId, Once: p.key()}
	err := b.api.openDialog(r.Context(), model.OpenDialogRequest{
		TriggerId: p.TriggerId, URL: b.cfg.Hook + "/dialog",
		Dialog: model.Dialog{
			CallbackId: string(p.token.Op), Title: d.title, IntroductionText: d.intro, Elements: d.elements, SubmitLabel: d.submit,
			State: b.token(forDialog, state, b.now().Add(dialogLife)),
		},
	})
	if err != nil {
		b.log.WarnContext(r.Context(), "a dialog could not be opened", "err", err)
		whisper(w, noDialogWords)
		return
	}
	answer(w, map[string]any{})
}

// submission is a dialog that somebody sent.
type submission struct {
	model.SubmitDialogRequest
	state pressed
}

// readSubmission reads a dialog; errForged where we did not open it for this user.
func (b *Bridge) readSubmission(body []byte) (s submission, err error) {
	if err := json.Unmarshal(body, &s.SubmitDialogRequest); err != nil {
		return s, errForged
	}
	s.state, err = b.opened(forDialog, s.State)
	if (err == nil || errors.Is(err, errEnded)) && (s.state.User == "" || s.state.User != s.UserId) {
		err = errForged
	}
	return s, err
}

func (s submission) field(name string) string {
	text, _ := s.Submission[name].(string)
	return strings.TrimSpace(text)
}

// key is the same for what is sent twice; what was changed meanwhile is another.
func (s submission) key() string {
	return digest("dialog", s.state.Once, s.field(dueField), s.field(textField))
}

func (b *Bridge) dialog(w http.ResponseWriter, r *http.Request, body []byte, receiver connectors.Receiver) {
	s, err := b.readSubmission(body)
	if errors.Is(err, errEnded) {
		answer(w, model.SubmitDialogResponse{Error: "Hộp thoại đã mở quá lâu. Anh/chị chép lại nội dung, đóng rồi bấm nút trên thẻ lần nữa."})
		return
	}
	if err != nil {
		b.refuse(w, r)
		return
	}
	b.door.Genuine()
	if s.Cancelled {
		answer(w, map[string]any{})
		return
	}
	in, said, problems, err := b.submissionInbound(r.Context(), s)
	if len(problems) > 0 {
		answer(w, model.SubmitDialogResponse{Errors: problems})
		return
	}
	if said {
		b.showing.Store(in[0].Message, true)
		defer b.showing.Delete(in[0].Message)
	}
	if err == nil {
		raw := b.raw(body)
		if in == nil {
			raw.Trouble = "Mattermost báo một hộp thoại mà tổng đài không hiểu."
		}
		err = receiver.Receive(r.Context(), raw, in)
	}
	if err != nil {
		b.log.ErrorContext(r.Context(), "a dialog could not be kept; who sent it is told", "err", err)
		answer(w, model.SubmitDialogResponse{Error: againWords})
		return
	}
	if said {
		b.show(r.Context(), s, in[0])
	}
	answer(w, map[string]any{})
}

// submissionInbound is what a dialog does. said: it is something to be read in the
// thread. problems are told beside their fields.
func (b *Bridge) submissionInbound(ctx context.Context, s submission) (in []connectors.Inbound, said bool, problems map[string]string, err error) {
	d, ok := dialogs[s.state.Op]
	if !ok {
		return nil, false, nil, nil
	}
	act := &connectors.Act{Do: d.do, Thread: s.state.Thread}
	problems = map[string]string{}
	text := s.field(textField)
	if text == "" && d.do != connectors.Vow {
		problems[textField] = "Anh/chị chưa viết gì."
	}
	if d.do == connectors.Vow {
		due, why := readDue(s.field(dueField), b.now())
		if why != "" {
			problems[dueField] = why
		}
		act.Due = due
	}
	if len(problems) > 0 {
		return nil, false, problems, nil
	}
	if act.By, err = b.colleague(ctx, s.UserId); err != nil {
		return nil, false, nil, err
	}
	said = d.do == connectors.Speak || d.do == connectors.Remark
	name := "dialog/" + s.key()
	return []connectors.Inbound{{
		Key: name, Kind: connectors.Acted, From: act.By.User, Message: connectors.RemoteID(name), SentAt: b.now(),
		Content: content.Content{Text: text}, Act: act,
	}}, said, nil, nil
}

// show puts what was said in a dialog into the thread, where colleagues read it and
// its outcome is shown on it. It was kept, so that it cannot be shown fails nothing.
func (b *Bridge) show(ctx context.Context, s submission, in connectors.Inbound) {
	self, err := b.me(ctx)
	if err == nil && model.IsValidId(s.state.Root) {
		t := &posting{Bridge: b, self: self, channel: s.state.Channel, root: s.state.Root}
		if err = t.inventory(ctx); err == nil {
			how := " trả lời người dân:\n"
			if in.Act.Do == connectors.Remark {
				how = " ghi chú:\n"
			}
			err = t.said(ctx, string(in.Message), "**"+literal(in.Act.By.Name)+"**"+how, in.Content.Text)
		}
	}
	if err != nil {
		b.log.WarnContext(ctx, "what was said in a dialog could not be shown in its thread", "err", err)
	}
}

// said posts a text whose first post has the key itself.
func (t *posting) said(ctx context.Context, key, head, text string) error {
	for n, piece := range pieces(text, head, quoted) {
		if n > 0 {
			head, key = "", key+"+"
		}
		if err := t.part(ctx, key, t.root, part{message: head + piece}); err != nil {
			return err
		}
	}
	return nil
}
