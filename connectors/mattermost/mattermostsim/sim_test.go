package mattermostsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tongdai/connectors/mattermost/mattermostsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type rig struct {
	t       *testing.T
	sim     *mattermostsim.Sim
	client  *http.Client
	channel string // Sở Y tế, where the bot is a member

	mu  sync.Mutex
	now time.Time
}

func start(t *testing.T, change ...func(*mattermostsim.Config)) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), client: &http.Client{Transport: &http.Transport{}}}
	cfg := mattermostsim.Config{Now: func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.now
	}}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := mattermostsim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sim.Close()
		r.client.CloseIdleConnections()
		sim.Config().Client.CloseIdleConnections()
	})
	r.sim, r.channel = sim, sim.ChannelID("so-y-te")
	return r
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// object is JSON as it came.
type object map[string]any

// call makes a call as the bot and reads its answer.
func (r *rig) call(verb, path string, body any) (status int, got object) {
	r.t.Helper()
	status, data := r.raw(verb, path, "application/json", []byte(encoded(r.t, body)), r.sim.Config().Token)
	if err := json.Unmarshal(data, &got); err != nil {
		r.t.Fatalf("%s %s answered %d with no JSON: %q", verb, path, status, data)
	}
	return status, got
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	if v == nil {
		return ""
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (r *rig) raw(verb, path, mediaType string, body []byte, token string) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), verb, r.sim.URL()+"/api/v4"+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("Authorization", "BEARER "+token)
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, data
}

// post makes a post as the bot and returns its id.
func (r *rig) post(body object) string {
	r.t.Helper()
	status, got := r.call("POST", "/posts", body)
	if status != http.StatusCreated {
		r.t.Fatalf("a post was answered %d %v", status, got)
	}
	return got["id"].(string)
}

// say has a person write.
func (r *rig) say(user, root, text string, files ...mattermostsim.File) string {
	r.t.Helper()
	id, err := r.sim.Say("so-y-te", user, root, text, files...)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func TestWhatIsRefused(t *testing.T) {
	r := start(t)
	elsewhere, err := r.sim.Say("chung", "lan.nt", "", "Ở kênh khác")
	if err != nil {
		t.Fatal(err)
	}
	root := r.post(object{"channel_id": r.channel, "message": "gốc"})
	reply := r.post(object{"channel_id": r.channel, "root_id": root, "message": "trả lời"})
	gone := r.say("lan.nt", "", "sẽ xóa")
	if err := r.sim.Delete(gone); err != nil {
		t.Fatal(err)
	}
	if _, err := r.sim.AddChannel(mattermostsim.Channel{Name: "kin", Type: mattermostsim.Private, Members: []string{"lan.nt"}}); err != nil {
		t.Fatal(err)
	}
	closed, err := r.sim.AddChannel(mattermostsim.Channel{Name: "cu"})
	if err == nil {
		err = r.sim.Archive("cu")
	}
	if err != nil {
		t.Fatal(err)
	}
	of := func(more object) object {
		more["channel_id"] = r.channel
		return more
	}
	var ids []string
	for range 11 {
		ids = append(ids, root)
	}
	for _, tt := range []struct {
		name, verb, path string
		body             any
		status           int
		id               string
	}{
		{"a page that is not there", "GET", "/nowhere", nil, 404, "404"},
		{"a user that is not there", "GET", "/users/email/nobody@example.com", nil, 404, "missing_account"},
		{"a channel that is not there", "GET", "/teams/name/1022/channels/name/nowhere", nil, 404, "get_by_name"},
		{"a private channel of others by name", "GET", "/teams/name/1022/channels/name/kin", nil, 404, "get_by_name"},
		{"a private channel of others", "GET", "/channels/" + r.sim.ChannelID("kin"), nil, 403, "permissions"},
		{"the posts of others", "GET", "/channels/" + r.sim.ChannelID("kin") + "/posts?since=1", nil, 403, "permissions"},
		{"a post in a channel of others", "POST", "/posts", object{"channel_id": r.sim.ChannelID("kin"), "message": "a"}, 403, "permissions"},
		{"a post in no channel", "POST", "/posts", object{"channel_id": "nowhere", "message": "a"}, 403, "permissions"},
		{"a post in an archived channel", "POST", "/posts", object{"channel_id": closed, "message": "a"}, 400, "deleted"},
		{"a post that is none", "POST", "/posts", "a", 400, "invalid_body_param"},
		{"a root that is not there", "POST", "/posts", of(object{"root_id": "nowhere", "message": "a"}), 400, "root_id"},
		{"a root that is a reply", "POST", "/posts", of(object{"root_id": reply, "message": "a"}), 400, "root_id"},
		{"a root that was deleted", "POST", "/posts", of(object{"root_id": gone, "message": "a"}), 400, "root_id"},
		{"a root of another channel", "POST", "/posts", of(object{"root_id": elsewhere, "message": "a"}), 400, "channel_root_id"},
		{"a word of the system's own", "POST", "/posts", of(object{"type": "system_join", "message": "a"}), 400, "invalid_param"},
		{"too many characters", "POST", "/posts", of(object{"message": strings.Repeat("ế", 16384)}), 400, "is_valid.msg"},
		{"too many files", "POST", "/posts", of(object{"file_ids": ids}), 400, "file_ids"},
		{"too long a body", "POST", "/posts", of(object{"message": strings.Repeat("a", 300_000)}), 413, "request_body_too_large"},
		{"a post that is not there", "GET", "/posts/nowhere", nil, 404, "post.get"},
		{"a change of what others said", "PUT", "/posts/" + elsewhere + "/patch", object{"message": "b"}, 403, "permissions"},
		{"an ephemeral post of somebody who is no administrator", "POST", "/posts/ephemeral", object{"user_id": r.sim.UserID("lan.nt"), "post": of(object{"message": "a"})}, 403, "permissions"},
		{"a file that is not there", "GET", "/files/nowhere", nil, 404, "file_info"},
		{"a file without a name", "POST", "/files?channel_id=" + r.channel, "a", 400, "invalid_url_param"},
		{"a file without a byte", "POST", "/files?filename=a&channel_id=" + r.channel, nil, 400, "read_request"},
		{"the deletion of a post that is not there", "DELETE", "/posts/nowhere", nil, 403, "permissions"},
		{"a kind of post that nobody knows", "POST", "/posts", of(object{"type": "fancy", "message": "a"}), 400, "type"},
		{"somebody else's reaction", "POST", "/reactions", object{"user_id": r.sim.UserID("lan.nt"), "post_id": root, "emoji_name": "eyes"}, 403, "save_reaction"},
		{"a conversation of two others", "POST", "/channels/direct", []string{r.sim.UserID("lan.nt"), r.sim.UserID("khach")}, 403, "permissions"},
		{"a dialog that nobody asked for", "POST", "/actions/dialogs/open", object{"trigger_id": "x", "url": "http://127.0.0.1/", "dialog": object{}}, 400, "trigger_id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, got := r.call(tt.verb, tt.path, tt.body)
			if id := fmt.Sprint(got["id"]); status != tt.status || !strings.Contains(id, tt.id) || got["status_code"] != float64(tt.status) || got["message"] == "" {
				t.Errorf("answered %d %v, want %d %s", status, got, tt.status, tt.id)
			}
		})
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	r := start(t)
	if status, _ := r.raw("GET", "/users/me", "", nil, "wrong"); status != 401 {
		t.Errorf("a wrong token was answered %d", status)
	}
	if status, _ := r.raw("GET", "/system/ping", "", nil, ""); status != 200 {
		t.Errorf("a ping without a token was answered %d", status)
	}
	if status, me := r.call("GET", "/users/me", nil); status != 200 || me["is_bot"] != true || me["username"] != "tong-dai" {
		t.Errorf("the bot is %d %v", status, me)
	}
	r.sim.Revoke()
	if status, got := r.call("GET", "/users/me", nil); status != 401 || got["id"] != "api.context.session_expired.app_error" {
		t.Errorf("a revoked token was answered %d %v", status, got)
	}
}

func TestPeopleAndChannelsAreFound(t *testing.T) {
	r := start(t)
	lan := r.sim.UserID("lan.nt")
	if _, got := r.call("GET", "/users/email/LAN.NT@thanhhoa.example.vn", nil); got["id"] != lan {
		t.Errorf("by e-mail: %v", got)
	}
	if _, got := r.call("GET", "/users/username/lan.nt", nil); got["id"] != lan || got["email"] != "lan.nt@thanhhoa.example.vn" {
		t.Errorf("by name: %v", got)
	}
	if _, got := r.call("GET", "/users/"+lan, nil); got["username"] != "lan.nt" {
		t.Errorf("by id: %v", got)
	}
	if _, got := r.call("GET", "/teams/name/1022/channels/name/so-y-te", nil); got["id"] != r.channel || got["display_name"] != "Sở Y tế" {
		t.Errorf("the channel: %v", got)
	}
	_, direct := r.call("POST", "/channels/direct", []string{r.sim.UserID("tong-dai"), lan})
	r.post(object{"channel_id": direct["id"], "message": "Chào chị"})
	hidden := start(t, func(c *mattermostsim.Config) { c.HideEmail = true })
	if status, _ := hidden.call("GET", "/users/email/lan.nt@thanhhoa.example.vn", nil); status != 403 {
		t.Errorf("a hidden e-mail address was answered %d", status)
	}
}

func TestAPostIsMadeOnceWithinAWhile(t *testing.T) {
	r := start(t)
	body := object{"channel_id": r.channel, "message": "a", "pending_post_id": "u:1"}
	first := r.post(body)
	if again := r.post(body); again != first {
		t.Error("a repeat made a second post")
	}
	r.sim.SetUnruly(mattermostsim.Unruly{NoDedup: true})
	if again := r.post(body); again == first {
		t.Error("a server that remembers nothing made no second post")
	}
	r.sim.SetUnruly(mattermostsim.Unruly{})
	r.pass(31 * time.Second)
	if again := r.post(body); again == first {
		t.Error("a repeat was known after half a minute")
	}
}

// button is an attachment with one.
func button(id, url string) object {
	return object{"attachments": []object{{
		"text": "Hố ga mất nắp", "actions": []object{{"id": id, "name": "Nhận", "type": "button", "integration": object{"url": url, "context": object{"op": "take"}}}},
	}}}
}

func TestNobodyIsShownWhereAButtonLeads(t *testing.T) {
	r := start(t)
	status, made := r.call("POST", "/posts", object{"channel_id": r.channel, "props": button("take", "http://127.0.0.1/")})
	if props := encoded(t, made["props"]); status != 201 || strings.Contains(props, "integration") || !strings.Contains(props, `"from_bot":"true"`) {
		t.Errorf("the answer has the props %s", props)
	}
	id := made["id"].(string)
	if _, got := r.call("GET", "/posts/"+id, nil); strings.Contains(encoded(t, got), "integration") {
		t.Errorf("the post was shown as %v", got)
	}
	post, _ := r.sim.Post(id)
	if action, ok := post.Action("take"); !ok || action.Integration.URL != "http://127.0.0.1/" {
		t.Errorf("the server keeps %+v", action)
	}
	r.post(object{"channel_id": r.channel, "props": button("nhận-việc", "")})
	if warnings := r.sim.Ledger().Warnings; len(warnings) != 2 {
		t.Errorf("warned %q", warnings)
	}
}

func TestWhatChangedIsListed(t *testing.T) {
	r := start(t)
	root := r.post(object{"channel_id": r.channel, "message": "gốc"})
	old := r.say("lan.nt", "", "cũ")
	gone := r.say("lan.nt", "", "sẽ xóa")
	r.pass(time.Second)
	since := r.now.UnixMilli()
	r.pass(time.Second)
	reply := r.say("lan.nt", root, "trả lời")
	if err := r.sim.Edit(old, "mới"); err != nil {
		t.Fatal(err)
	}
	if err := r.sim.Delete(gone); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Order []string
		Posts map[string]mattermostsim.Post
	}
	r.list("since="+strconv.FormatInt(since, 10), &got)
	for _, id := range []string{root, reply, old, gone} {
		if !slices.Contains(got.Order, id) {
			t.Errorf("%s is not among what changed", got.Posts[id].Message)
		}
	}
	if p := got.Posts[old]; p.Message != "mới" || p.EditAt == 0 {
		t.Errorf("what was edited is %+v", p)
	}
	if p := got.Posts[gone]; p.DeleteAt == 0 {
		t.Errorf("what was deleted is %+v", p)
	}
	if p := got.Posts[root]; p.EditAt != 0 || p.ReplyCount != 1 {
		t.Errorf("the root of the reply is %+v", p)
	}
	versions := slices.DeleteFunc(got.Order, func(id string) bool { return got.Posts[id].OriginalID != old })
	if len(versions) != 1 || got.Posts[versions[0]].Message != "cũ" || got.Posts[versions[0]].DeleteAt == 0 {
		t.Errorf("the old version is listed as %v", versions)
	}
}

// list reads posts of the channel.
func (r *rig) list(query string, into any) {
	r.t.Helper()
	status, data := r.raw("GET", "/channels/"+r.channel+"/posts?"+query, "", nil, r.sim.Config().Token)
	if err := json.Unmarshal(data, into); status != 200 || err != nil {
		r.t.Fatalf("the posts were answered %d %s", status, data)
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	r := start(t)
	var said []string
	for i := range 7 {
		r.pass(time.Second)
		said = append(said, r.say("lan.nt", "", fmt.Sprint(i)))
	}
	type page struct {
		Order []string
		Next  string `json:"next_post_id"`
		Prev  string `json:"prev_post_id"`
	}
	var newest, rest, after page
	r.list("per_page=3", &newest)
	if want := []string{said[6], said[5], said[4]}; !slices.Equal(newest.Order, want) || newest.Prev != said[3] {
		t.Errorf("the first page is %v", newest)
	}
	r.list("per_page=60&before="+said[4], &rest)
	if want := []string{said[3], said[2], said[1], said[0]}; !slices.Equal(rest.Order, want) || rest.Prev != "" || rest.Next != said[4] {
		t.Errorf("the posts before are %v", rest)
	}
	r.list("per_page=2&after="+said[1], &after)
	if want := []string{said[3], said[2]}; !slices.Equal(after.Order, want) || after.Next != said[4] || after.Prev != said[1] {
		t.Errorf("the posts after are %v", after)
	}
}

func TestFilesGoBothWays(t *testing.T) {
	r := start(t, func(c *mattermostsim.Config) { c.Limits.File = 1 << 10 })
	status, data := r.raw("POST", "/files?channel_id="+r.channel+"&filename="+url.QueryEscape("ảnh 1.txt"), "text/plain", []byte("nội dung"), r.sim.Config().Token)
	var got struct {
		Infos []mattermostsim.FileInfo `json:"file_infos"`
	}
	if err := json.Unmarshal(data, &got); status != 201 || err != nil || len(got.Infos) != 1 || got.Infos[0].Name != "ảnh 1.txt" || got.Infos[0].MimeType != "text/plain" {
		t.Fatalf("an upload was answered %d %s", status, data)
	}
	post := r.post(object{"channel_id": r.channel, "file_ids": []string{got.Infos[0].ID}})
	if p, _ := r.sim.Post(post); len(p.Metadata.Files) != 1 {
		t.Errorf("the post has %+v", p.Metadata)
	}
	if again := r.post(object{"channel_id": r.channel, "file_ids": []string{got.Infos[0].ID}}); again != "" {
		if p, _ := r.sim.Post(again); len(p.FileIDs) != 0 {
			t.Error("a file is of two posts")
		}
	}
	if status, _ := r.raw("POST", "/files?channel_id="+r.channel+"&filename=a", "text/plain", make([]byte, 1<<10+1), r.sim.Config().Token); status != 413 {
		t.Errorf("a file that is too big was answered %d", status)
	}
	said, _ := r.sim.Post(r.say("lan.nt", "", "xem ảnh", mattermostsim.File{Name: "a.pdf", Data: []byte("%PDF-1.4")}))
	status, data = r.raw("GET", "/files/"+said.FileIDs[0], "", nil, r.sim.Config().Token)
	if status != 200 || string(data) != "%PDF-1.4" {
		t.Errorf("a person's file was answered %d %q", status, data)
	}
	r.sim.Fail(mattermostsim.Fault{On: "GET /files/{file}", Code: 500})
	if status, _ = r.raw("GET", "/files/"+said.FileIDs[0], "", nil, r.sim.Config().Token); status != 500 || r.sim.ClearFaults() != 1 {
		t.Errorf("a file that cannot be read was answered %d", status)
	}
}

func TestDeletingARootDeletesItsAnswers(t *testing.T) {
	r := start(t)
	root := r.post(object{"channel_id": r.channel, "message": "gốc"})
	reply := r.say("lan.nt", root, "trả lời")
	if status, _ := r.call("DELETE", "/posts/"+root, nil); status != 200 {
		t.Errorf("answered %d", status)
	}
	if p, _ := r.sim.Post(reply); p.DeleteAt == 0 {
		t.Error("the answer stands there still")
	}
	if status, _ := r.call("GET", "/posts/"+root+"/thread", nil); status != 404 {
		t.Errorf("the thread was answered %d", status)
	}
}

func TestTooMuchIsRefusedInPlainText(t *testing.T) {
	r := start(t, func(c *mattermostsim.Config) { c.PerSecond, c.Burst = 10, 1 })
	r.call("GET", "/users/me", nil)
	if status, data := r.raw("GET", "/users/me", "", nil, r.sim.Config().Token); status != 429 || string(data) != "limit exceeded\n" {
		t.Errorf("answered %d %q", status, data)
	}
	r.pass(time.Second)
	if status, _ := r.call("GET", "/users/me", nil); status != 200 {
		t.Errorf("answered %d after a second", status)
	}
}

func TestACallIsCutOffAfterAllWasDone(t *testing.T) {
	r := start(t)
	r.sim.Fail(mattermostsim.Fault{On: "POST /posts", Times: 1, Cut: mattermostsim.CutAfter})
	req, err := http.NewRequestWithContext(t.Context(), "POST", r.sim.URL()+"/api/v4/posts", strings.NewReader(encoded(t, object{"channel_id": r.channel, "message": "a"})))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.sim.Config().Token)
	if resp, err := r.client.Do(req); err == nil {
		resp.Body.Close()
		t.Error("an answer came")
	}
	if posts := r.sim.Channel("so-y-te"); len(posts) != 1 {
		t.Errorf("there are %d posts", len(posts))
	}
}
