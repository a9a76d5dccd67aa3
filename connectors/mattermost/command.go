package mattermost

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
)

const (
	foundMost   = 3    // answers that a search shows
	answerShown = 1200 // characters of an answer in a search
	itemsShown  = 8    // of a matter
	itemShown   = 500  // characters of each
	// insertLife is how long an answer that was found may be put into a thread.
	insertLife = 12 * time.Hour
)

const helpWords = "**Lệnh của tổng đài** (chỉ anh/chị thấy trả lời):\n" +
	"- `tra <câu hỏi>`: tìm trong kho hỏi đáp; viết `tra <mã phiếu> <câu hỏi>` ở kênh của phiếu thì có nút gửi cho người dân\n" +
	"- `xem <mã phiếu>`: phiếu hiện ra sao, ví dụ `xem TH-261121-0042`\n" +
	"- `trực`: ai đang trực ở bàn\n" +
	"- `link <mã>`: nối tài khoản Mattermost này với tài khoản cán bộ (lấy mã ở trang tài khoản của anh/chị)"

// orders are what the slash command does, by its first word.
var orders = map[string]func(b *Bridge, ctx context.Context, c commanded) (*model.CommandResponse, error){
	"tra": (*Bridge).search, "xem": (*Bridge).look, "trực": (*Bridge).onDuty, "truc": (*Bridge).onDuty, "link": (*Bridge).link,
}

// commanded is a call of the slash command.
type commanded struct {
	by    connectors.Colleague
	words string // behind the order
	root  string // of the thread it was written in, where the server tells
	// channel is where it was written, by the server's id.
	channel string
}

// command answers the slash command. What it says is seen by the one who asked.
func (b *Bridge) command(w http.ResponseWriter, r *http.Request, body []byte, _ connectors.Receiver) {
	form, err := url.ParseQuery(string(body))
	if err != nil || !b.genuineCommand(form.Get("token")) {
		b.refuse(w, r)
		return
	}
	b.door.Genuine()
	response, err := b.obey(r.Context(), form)
	if err != nil {
		reason := connectors.ReasonOf(err)
		if reason == "" {
			b.log.WarnContext(r.Context(), "a slash command could not be answered", "err", err)
			reason = "Tổng đài chưa trả lời được. Anh/chị thử lại sau giây lát ạ."
		}
		response = saying(reason)
	}
	response.ResponseType, response.SkipSlackParsing = model.CommandResponseTypeEphemeral, true
	answer(w, response)
}

// genuineCommand compares sums, so that neither the token nor its length shows in the
// time it takes.
func (b *Bridge) genuineCommand(token string) bool {
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(b.cfg.CommandToken))
	return b.cfg.CommandToken != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func saying(text string) *model.CommandResponse {
	return &model.CommandResponse{Text: clip(text, textLength-1)}
}

func (b *Bridge) obey(ctx context.Context, form url.Values) (*model.CommandResponse, error) {
	order, words, _ := strings.Cut(strings.TrimSpace(form.Get("text")), " ")
	do, ok := orders[strings.ToLower(order)]
	if !ok {
		return saying(helpWords), nil
	}
	if b.informer == nil {
		return saying("Tổng đài này chưa mở lệnh tra cứu."), nil
	}
	user := form.Get("user_id")
	if !model.IsValidId(user) {
		return saying(helpWords), nil
	}
	by, err := b.colleague(ctx, user)
	if err != nil {
		return nil, err
	}
	c := commanded{by: by, words: strings.TrimSpace(words)}
	if root := form.Get("root_id"); model.IsValidId(root) {
		c.root = root
	}
	if channel := form.Get("channel_id"); model.IsValidId(channel) {
		c.channel = channel
	}
	return do(b, ctx, c)
}

func (b *Bridge) search(ctx context.Context, c commanded) (*model.CommandResponse, error) {
	if c.words == "" {
		return saying("Anh/chị viết câu hỏi sau `tra`, ví dụ: `tra giấy khai sinh làm ở đâu`."), nil
	}
	code, rest, _ := strings.Cut(c.words, " ")
	if code = strings.ToUpper(code); matterCode.MatchString(code) && strings.TrimSpace(rest) != "" {
		c.words = strings.TrimSpace(rest)
	} else {
		code = ""
	}
	found, err := b.informer.Search(ctx, b.cfg.Channel.ID, c.by, c.words)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return saying("Kho hỏi đáp chưa có mục nào khớp với câu này."), nil
	}
	thread, err := b.meant(ctx, &c, code)
	if err != nil {
		return nil, err
	}
	response := saying("**Kho hỏi đáp:** " + literal(clip(c.words, 200)))
	for _, f := range found[:min(len(found), foundMost)] {
		a := &model.SlackAttachment{
			Color: usualColour, Title: literal(clip(f.Question, 200)), Text: literal(clip(f.Answer, answerShown)),
			Footer: f.Unit, Fallback: clip(f.Question, 200),
		}
		if thread != "" {
			token := pressed{Op: opInsert, Thread: thread, Root: c.root, Text: f.Answer}
			a.Actions = []*model.PostAction{{
				Id: string(opInsert), Type: model.PostActionTypeButton, Name: "Gửi người dân câu này", Style: "primary",
				Integration: &model.PostActionIntegration{URL: b.cfg.Hook + "/button", Context: b.press(token, b.now().Add(insertLife))},
			}}
		}
		response.Attachments = append(response.Attachments, a)
	}
	return response, nil
}

// matterCode is how the code of a matter looks.
var matterCode = regexp.MustCompile(`^[A-Z]{1,6}-[0-9]{6}-[0-9]+$`)

// meant is the thread that an answer may be put into: the one whose code was written,
// in this channel, or the one in which the command was written, where the server tells:
// 6.7 does not. "": none. c.root becomes its root.
func (b *Bridge) meant(ctx context.Context, c *commanded, code string) (thread string, err error) {
	if b.cfg.Hook == "" {
		return "", nil
	}
	if code == "" {
		if c.root == "" {
			return "", nil
		}
		return b.threadOf(ctx, c.root)
	}
	self, err := b.me(ctx)
	if err != nil || c.channel == "" {
		return "", err
	}
	err = b.recent(ctx, c.channel, func(post *model.Post) bool {
		if of, _ := post.GetProp(codeProp).(string); of == code {
			if thread = cardOf(post, self); thread != "" {
				c.root = post.Id
			}
		}
		return thread == ""
	})
	return thread, err
}

func (b *Bridge) look(ctx context.Context, c commanded) (*model.CommandResponse, error) {
	if c.words == "" {
		return saying("Anh/chị viết mã phiếu sau `xem`, ví dụ: `xem TH-261121-0042`."), nil
	}
	m, items, err := b.informer.Show(ctx, b.cfg.Channel.ID, c.by, strings.ToUpper(c.words))
	if err != nil {
		return nil, err
	}
	t := &posting{Bridge: b, Post: connectors.Post{Matter: m}}
	var lines []string
	if len(items) > itemsShown {
		items = items[len(items)-itemsShown:]
	}
	for _, item := range items {
		head, write := t.wording(item)
		lines = append(lines, head+write(clip(item.Text, itemShown)))
	}
	card := b.card(m, "")
	card.Footer = ""
	response := saying(strings.Join(lines, "\n\n"))
	response.Attachments = []*model.SlackAttachment{card}
	return response, nil
}

func (b *Bridge) onDuty(ctx context.Context, c commanded) (*model.CommandResponse, error) {
	names, err := b.informer.OnDuty(ctx, b.cfg.Channel.ID, c.by)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return saying("Hiện không có ai trong ca trực."), nil
	}
	for i, name := range names {
		names[i] = "- " + literal(name)
	}
	return saying("**Đang trực:**\n" + strings.Join(names, "\n")), nil
}

func (b *Bridge) link(ctx context.Context, c commanded) (*model.CommandResponse, error) {
	if c.words == "" {
		return saying("Anh/chị viết mã sau `link`. Mã lấy ở trang tài khoản của anh/chị trên bàn trực."), nil
	}
	name, err := b.informer.Link(ctx, b.cfg.Channel.ID, c.by, c.words)
	if err != nil {
		return nil, err
	}
	return saying(fmt.Sprintf("Đã nối tài khoản Mattermost này với cán bộ **%s**. Từ nay anh/chị trả lời được trong luồng.", literal(name))), nil
}
