package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
)

const (
	// answerMost is the longest answer that is read, in bytes: a thousand long posts.
	answerMost = 64 << 20
	// fileTimeout is for one whole file: 100 MB at 350 kB/s.
	fileTimeout = 5 * time.Minute
	// retryUntold is how long we wait where the server does not say how long.
	retryUntold = 5 * time.Second
)

// client is all that the bridge asks of a server, and the only place that knows the
// library's client. That one takes no context and loses the status of answers that
// are no JSON, so a call goes through a transport of its own which sees to both.
type client struct {
	url, token string
	timeout    time.Duration
	http       *http.Client
}

func newClient(cfg Config, over *http.Client) *client {
	if over == nil {
		over = &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: cfg.Timeout, ForceAttemptHTTP2: true,
		}}
	}
	own := *over
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{url: cfg.URL, token: cfg.Token, timeout: cfg.Timeout, http: &own}
}

// call is one request and what became of it.
type call struct {
	ctx    context.Context
	over   http.RoundTripper
	length int64 // of a body that is no string; 0: as the library says
	sent   atomic.Bool
	status int
	header http.Header
}

// RoundTrip implements http.RoundTripper for the library.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { c.sent.Store(true) }}
	req = req.WithContext(httptrace.WithClientTrace(c.ctx, trace))
	if c.length > 0 {
		req.ContentLength = c.length
	}
	over := c.over
	if over == nil {
		over = http.DefaultTransport
	}
	resp, err := over.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	c.status, c.header = resp.StatusCode, resp.Header
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, answerMost), resp.Body}
	return resp, nil
}

// begin makes the library's client for one call.
func (s *client) begin(ctx context.Context) (*call, *model.Client4) {
	c := &call{ctx: ctx, over: s.http.Transport}
	api := model.NewAPIv4Client(s.url)
	api.HTTPClient = &http.Client{Transport: c, CheckRedirect: s.http.CheckRedirect}
	api.SetToken(s.token)
	return c, api
}

// ask makes one call that changes nothing that people see, or nothing twice.
func (s *client) ask(ctx context.Context, do func(api *model.Client4) error) error {
	return s.do(ctx, false, do)
}

// do makes one call within the time-out. effect: done twice, people see it twice.
func (s *client) do(ctx context.Context, effect bool, do func(api *model.Client4) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	c, api := s.begin(ctx)
	return c.explained(do(api), effect)
}

func (s *client) me(ctx context.Context) (user *model.User, err error) {
	err = s.ask(ctx, func(api *model.Client4) (err error) {
		user, _, err = api.GetMe("")
		return err
	})
	return user, err
}

// users are those of ids that the server has.
func (s *client) users(ctx context.Context, ids []string) (users []*model.User, err error) {
	err = s.ask(ctx, func(api *model.Client4) (err error) {
		users, _, err = api.GetUsersByIds(ids)
		return err
	})
	return users, err
}

func (s *client) channelByName(ctx context.Context, team, channel string) (id string, err error) {
	err = s.ask(ctx, func(api *model.Client4) error {
		found, _, err := api.GetChannelByNameForTeamName(channel, team, "")
		if err == nil {
			id = found.Id
		}
		return err
	})
	return id, err
}

// member tells whether a user is in a channel.
func (s *client) member(ctx context.Context, channel, user string) error {
	return s.ask(ctx, func(api *model.Client4) error {
		_, _, err := api.GetChannelMember(channel, user, "")
		return err
	})
}

func (s *client) create(ctx context.Context, post *model.Post) (made *model.Post, err error) {
	err = s.do(ctx, true, func(api *model.Client4) (err error) {
		made, _, err = api.CreatePost(post)
		return err
	})
	return made, err
}

func (s *client) patch(ctx context.Context, id string, patch *model.PostPatch) error {
	return s.ask(ctx, func(api *model.Client4) error {
		_, _, err := api.PatchPost(id, patch)
		return err
	})
}

func (s *client) post(ctx context.Context, id string) (post *model.Post, err error) {
	err = s.ask(ctx, func(api *model.Client4) (err error) {
		post, _, err = api.GetPost(id, "")
		return err
	})
	return post, err
}

func (s *client) thread(ctx context.Context, root string) (*model.PostList, error) {
	return s.list(ctx, func(api *model.Client4) (*model.PostList, *model.Response, error) {
		return api.GetPostThread(root, "", false)
	})
}

// since lists what was created or changed after that millisecond, deleted posts with
// it, and the first posts of their threads.
func (s *client) since(ctx context.Context, channel string, after int64) (*model.PostList, error) {
	return s.list(ctx, func(api *model.Client4) (*model.PostList, *model.Response, error) {
		return api.GetPostsSince(channel, after, false)
	})
}

// page lists posts of a channel, the latest first.
func (s *client) page(ctx context.Context, channel string, page, size int) (*model.PostList, error) {
	return s.list(ctx, func(api *model.Client4) (*model.PostList, *model.Response, error) {
		return api.GetPostsForChannel(channel, page, size, "", false)
	})
}

func (s *client) list(ctx context.Context, get func(api *model.Client4) (*model.PostList, *model.Response, error)) (list *model.PostList, err error) {
	err = s.ask(ctx, func(api *model.Client4) (err error) {
		list, _, err = get(api)
		return err
	})
	return list, err
}

func (s *client) reactions(ctx context.Context, post string) (all []*model.Reaction, err error) {
	err = s.ask(ctx, func(api *model.Client4) (err error) {
		all, _, err = api.GetReactions(post)
		return err
	})
	return all, err
}

func (s *client) react(ctx context.Context, r *model.Reaction) error {
	return s.ask(ctx, func(api *model.Client4) error {
		_, _, err := api.SaveReaction(r)
		return err
	})
}

func (s *client) unreact(ctx context.Context, r *model.Reaction) error {
	return s.ask(ctx, func(api *model.Client4) error {
		_, err := api.DeleteReaction(r)
		return err
	})
}

func (s *client) openDialog(ctx context.Context, d model.OpenDialogRequest) error {
	return s.ask(ctx, func(api *model.Client4) error {
		_, err := api.OpenInteractiveDialog(d)
		return err
	})
}

func (s *client) fileInfo(ctx context.Context, id string) (info *model.FileInfo, err error) {
	err = s.ask(ctx, func(api *model.Client4) (err error) {
		info, _, err = api.GetFileInfo(id)
		return err
	})
	return info, err
}

// upload hands a file over; it shows nowhere until a post has it. The library would
// hold it in memory whole.
func (s *client) upload(ctx context.Context, channel, name string, size int64, body io.Reader) (id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	c, api := s.begin(ctx)
	c.length = size
	query := url.Values{"channel_id": {channel}, "filename": {name}}
	resp, err := api.DoAPIRequestReader(http.MethodPost, api.APIURL+"/files?"+query.Encode(), body, map[string]string{"Content-Type": "application/octet-stream"})
	if err != nil {
		return "", c.explained(err, false)
	}
	defer resp.Body.Close()
	var got model.FileUploadResponse
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || len(got.FileInfos) != 1 {
		return "", c.explained(errors.New("the answer to a file names none"), false)
	}
	return got.FileInfos[0].Id, nil
}

// download opens a file; who closes it ends the call.
func (s *client) download(ctx context.Context, id string) (body io.ReadCloser, size int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	c, api := s.begin(ctx)
	resp, err := api.DoAPIGet("/files/"+url.PathEscape(id), "")
	if err != nil {
		cancel()
		return nil, 0, c.explained(err, false)
	}
	return &closing{resp.Body, cancel}, resp.ContentLength, nil
}

type closing struct {
	io.ReadCloser
	end context.CancelFunc
}

func (c *closing) Close() error {
	defer c.end()
	return c.ReadCloser.Close()
}

// Words for members.
const (
	tokenWords = "Mattermost không nhận mã của tài khoản bot (token). Hãy tạo mã mới cho bot, đặt vào cấu hình rồi khởi động lại."
	rightWords = "Bot không có quyền ở kênh này của Mattermost. Hãy thêm bot vào nhóm (team) và vào kênh."
	goneWords  = "Không tìm thấy kênh hoặc bài viết này ở Mattermost: tên sai, đã xóa, hoặc bot chưa được thêm vào."
	largeWords = "Nội dung hoặc tệp lớn hơn mức máy chủ Mattermost cho phép."
	paceWords  = "Mattermost đang giới hạn tốc độ; tin sẽ tự gửi lại."
	movedWords = "Địa chỉ máy chủ Mattermost chuyển sang nơi khác; hãy đặt đúng địa chỉ (url) trong cấu hình."
)

// explained gives err its kind and its words. effect: done twice, people see it twice.
func (c *call) explained(err error, effect bool) error {
	if err == nil {
		return nil
	}
	err = c.plain(err)
	doubt := connectors.Retryable
	if effect && c.sent.Load() {
		doubt = connectors.Uncertain
	}
	known := &connectors.Error{Kind: doubt, Err: err}
	switch status := c.status; {
	case status == http.StatusUnauthorized:
		known.Kind, known.Reason = connectors.Unauthorized, tokenWords
	case status == http.StatusTooManyRequests:
		known.Kind, known.Reason, known.After = connectors.RateLimited, paceWords, retryAfter(c.header)
	case status == http.StatusForbidden:
		known.Kind, known.Reason = connectors.Permanent, rightWords
	case status == http.StatusNotFound:
		known.Kind, known.Reason = connectors.Permanent, goneWords
	case status == http.StatusRequestEntityTooLarge:
		known.Kind, known.Reason = connectors.Permanent, largeWords
	case status/100 == 3:
		known.Kind, known.Reason = connectors.Permanent, movedWords
	case status == http.StatusRequestTimeout:
	case status/100 == 4:
		known.Kind, known.Reason = connectors.Permanent, fmt.Sprintf("Máy chủ Mattermost từ chối yêu cầu (HTTP %d).", status)
	case status == http.StatusBadGateway || status == http.StatusServiceUnavailable:
		known.Kind = connectors.Retryable // of a machine before Mattermost
	}
	return known
}

// refusal is the server's own no.
type refusal struct {
	Status  int
	ID      string // "api.post.create_post.root_id.app_error"
	Message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("mattermost: HTTP %d %s %s", r.Status, r.ID, clip(r.Message, 160))
}

// plain makes an error of ours of one of the library's. No address and no token is in
// it, and nothing of an answer that is none of Mattermost's.
func (c *call) plain(err error) error {
	if app, ok := errors.AsType[*model.AppError](err); ok {
		no := &refusal{Status: cmp.Or(c.status, app.StatusCode), ID: app.Id, Message: app.Message}
		if strings.HasPrefix(app.Id, "model.utils.decode_json") || app.Id == "api.unmarshal_error" {
			no.ID, no.Message = "", "the answer is none of Mattermost's"
		}
		return no
	}
	if known, ok := errors.AsType[*url.Error](err); ok {
		err = known.Err
	}
	if !c.sent.Load() {
		return fmt.Errorf("mattermost was not reached: %w", err)
	}
	return fmt.Errorf("mattermost did not answer: %w", err)
}

// retryAfter is how long the server asks us to wait.
func retryAfter(header http.Header) time.Duration {
	for _, name := range []string{"Retry-After", "X-RateLimit-Reset"} {
		if seconds, err := strconv.Atoi(header.Get(name)); err == nil && seconds > 0 {
			return min(time.Duration(seconds)*time.Second, time.Hour)
		}
	}
	return retryUntold
}

// status is the HTTP status behind err; 0: there is none.
func status(err error) int {
	if no, ok := errors.AsType[*refusal](err); ok {
		return no.Status
	}
	return 0
}

// clip keeps a stranger's words short.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
