package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

const (
	// bodyMost is the longest call that is read, in bytes. The server sends a button's
	// context, or what somebody wrote in a dialog: 3,000 characters a field.
	bodyMost = 256 << 10
	// bodyTimeout is how long a call may take to arrive.
	bodyTimeout = 5 * time.Second
)

// Words for who pressed.
const (
	againWords    = "Tổng đài chưa ghi được. Anh/chị bấm lại giúp ạ."
	endedWords    = "Nút này đã quá hạn. Anh/chị dùng thẻ mới hơn, hoặc mở phiếu ở bàn trực."
	strangeWords  = "Tổng đài không hiểu nút này. Anh/chị mở phiếu ở bàn trực giúp ạ."
	noDialogWords = "Mattermost chưa mở được hộp thoại. Anh/chị bấm lại, hoặc viết ngay trong luồng."
)

// Handler implements connectors.Webhook: /button, /dialog and /command. A press that
// the hub could not keep is answered 200 and says so to who pressed: the server would
// show another status as an error of its own, and sends nothing twice.
func (b *Bridge) Handler(receiver connectors.Receiver) http.Handler {
	calls := map[string]func(http.ResponseWriter, *http.Request, []byte, connectors.Receiver){
		"/button": b.button, "/dialog": b.dialog, "/command": b.command,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Mattermost gọi tới đây bằng POST.", http.StatusMethodNotAllowed)
			return
		}
		take, ok := calls[strings.TrimSuffix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		body, status := readBody(w, r)
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		take(w, r, body, receiver)
	})
}

func readBody(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a recorder in tests has none
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return body, 0
}

// refuse is for calls that nobody we know made.
func (b *Bridge) refuse(w http.ResponseWriter, r *http.Request) {
	if n := b.door.Add(b.now()); n > 0 {
		b.log.WarnContext(r.Context(), "calls with a wrong token were refused", "count", n)
	}
	w.WriteHeader(http.StatusUnauthorized)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the server that left shows an error by itself
}

// whisper tells the one who pressed.
func whisper(w http.ResponseWriter, text string) {
	answer(w, map[string]any{"ephemeral_text": text, "skip_slack_parsing": true})
}

// press is a call of a button.
type press struct {
	model.PostActionIntegrationRequest
	token pressed
}

// readPress reads what the server says of a press; errForged where we did not make
// the button.
func (b *Bridge) readPress(body []byte) (p press, err error) {
	if err := json.Unmarshal(body, &p.PostActionIntegrationRequest); err != nil {
		return p, errForged
	}
	token, _ := p.Context[contextKey].(string)
	p.token, err = b.opened(forButton, token)
	return p, err
}

// key is the same for a press that is brought twice, and no other's.
func (p press) key() string {
	if p.TriggerId != "" {
		return digest("press", p.TriggerId)
	}
	return digest("press", p.UserId, p.PostId, string(p.token.Op))
}

// deeds are what some buttons do at once.
var deeds = map[op]connectors.Deed{opTake: connectors.Take, opConfirm: connectors.Confirm, opInsert: connectors.Speak}

func (b *Bridge) button(w http.ResponseWriter, r *http.Request, body []byte, receiver connectors.Receiver) {
	p, err := b.readPress(body)
	if errors.Is(err, errEnded) {
		whisper(w, endedWords)
		return
	}
	if err != nil {
		b.refuse(w, r)
		return
	}
	b.door.Genuine()
	if _, at := deeds[p.token.Op]; !at && model.IsValidId(p.UserId) {
		b.ask(w, r, p)
		return
	}
	in, trouble, err := b.pressInbound(r.Context(), p)
	if err == nil {
		raw := b.raw(body)
		raw.Trouble = trouble
		err = receiver.Receive(r.Context(), raw, in)
	}
	switch {
	case err != nil:
		b.log.ErrorContext(r.Context(), "a press could not be kept; who pressed is told", "err", err)
		whisper(w, againWords)
	case trouble != "":
		whisper(w, strangeWords)
	default:
		answer(w, map[string]any{})
	}
}

func (b *Bridge) raw(body []byte) connectors.Raw {
	return connectors.Raw{Channel: b.cfg.Channel.ID, ReceivedAt: b.now(), Type: "application/json", Body: body}
}

// pressInbound is what a press does; trouble: it makes no sense.
func (b *Bridge) pressInbound(ctx context.Context, p press) (in []connectors.Inbound, trouble string, err error) {
	do, ok := deeds[p.token.Op]
	if !ok || !model.IsValidId(p.UserId) {
		return nil, "Mattermost báo một lần bấm nút mà tổng đài không hiểu.", nil
	}
	who, err := b.colleague(ctx, p.UserId)
	if err != nil {
		return nil, "", err
	}
	key := p.key()
	return []connectors.Inbound{{
		Key: "press/" + key, Kind: connectors.Acted, From: who.User, Message: connectors.RemoteID("press/" + key), SentAt: b.now(),
		Content: content.Content{Text: p.token.Text},
		Act:     &connectors.Act{Do: do, Thread: p.token.Thread, Root: connectors.RemoteID(p.token.Root), By: who},
	}}, "", nil
}

// parsePress reads a call of a button or a dialog that was kept raw. That it was
// genuine was seen when it came; a token that has ended since is good here.
func (b *Bridge) parsePress(ctx context.Context, body []byte) ([]connectors.Inbound, error) {
	if sent, err := b.readSubmission(body); err == nil || errors.Is(err, errEnded) {
		in, _, problems, err := b.submissionInbound(ctx, sent)
		if len(problems) > 0 {
			return nil, errNoPost
		}
		return in, err
	}
	p, err := b.readPress(body)
	if err != nil && !errors.Is(err, errEnded) {
		return nil, err
	}
	in, trouble, err := b.pressInbound(ctx, p)
	if trouble != "" {
		return nil, errNoPost
	}
	return in, err
}
