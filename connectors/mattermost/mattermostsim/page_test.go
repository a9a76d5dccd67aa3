package mattermostsim_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tongdai/connectors/mattermost/mattermostsim"
)

// get reads a page of the simulator, following redirects.
func (r *rig) get(path string) (*http.Response, string) {
	r.t.Helper()
	resp, err := r.client.Get(r.sim.URL() + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, string(data)
}

// control does what the page or a person with curl does.
func (r *rig) control(path string, body any) (status int, answer string) {
	r.t.Helper()
	resp, err := r.client.Post(r.sim.URL()+"/sim/"+path, "application/json", strings.NewReader(encoded(r.t, body)))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestThePageAndWhatItNeedsAreThere(t *testing.T) {
	r := start(t)
	for path, kind := range map[string]string{"/": "text/html", "/static/chat.js": "javascript", "/static/show.js": "javascript", "/static/words.js": "javascript", "/static/signs.js": "javascript", "/static/chat.css": "text/css"} {
		if resp, _ := r.get(path); resp.StatusCode != 200 || !strings.Contains(resp.Header.Get("Content-Type"), kind) {
			t.Errorf("%s was answered %d %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
		}
	}
	root := r.post(object{"channel_id": r.channel, "message": "gốc"})
	reply := r.say("lan.nt", root, "trả lời")
	resp, _ := r.get("/1022/pl/" + reply)
	if query := resp.Request.URL.Query(); query.Get("thread") != root || query.Get("channel") != r.channel {
		t.Errorf("the address of a post leads to %v", resp.Request.URL)
	}
}

func TestThePageShowsAPersonWhatIsForThatPerson(t *testing.T) {
	r := start(t)
	if _, err := r.sim.AddChannel(mattermostsim.Channel{Name: "kin", Type: mattermostsim.Private, Members: []string{"lan.nt"}}); err != nil {
		t.Fatal(err)
	}
	h := hub(t, func(object, *http.Request) (int, string) { return 200, `{"ephemeral_text":"Đã nhận"}` })
	post := r.post(object{"channel_id": r.channel, "message": "Việc mới", "props": button("take", h.URL)})
	if status, answer := r.control("press", object{"user": "lan.nt", "post": post, "action": "take"}); status != 200 {
		t.Fatalf("pressing was answered %d %s", status, answer)
	}
	type state struct {
		Rooms []struct{ Name string }
		Posts []struct {
			Message     string
			Ephemeral   bool
			Attachments []mattermostsim.Attachment
		}
	}
	see := func(user string) (s state) {
		_, body := r.get("/sim/state?" + url.Values{"user": {user}, "channel": {"so-y-te"}}.Encode())
		if err := json.Unmarshal([]byte(body), &s); err != nil || strings.Contains(body, "integration") {
			t.Fatalf("the page is told %s: %v", body, err)
		}
		return s
	}
	lan, minh := see("lan.nt"), see("minh.lv")
	if len(lan.Rooms) != len(minh.Rooms)+1 {
		t.Errorf("the channels are %v and %v", lan.Rooms, minh.Rooms)
	}
	if len(lan.Posts) != 2 || !lan.Posts[1].Ephemeral || lan.Posts[1].Message != "Đã nhận" || len(minh.Posts) != 1 {
		t.Errorf("the posts are %v and %v", lan.Posts, minh.Posts)
	}
	if shown := lan.Posts[0].Attachments; len(shown) != 1 || len(shown[0].Actions) != 1 || shown[0].Actions[0].Name != "Nhận" {
		t.Errorf("the buttons are %+v", shown)
	}
}

func TestThePageIsToldOfWhatIsNew(t *testing.T) {
	r := start(t)
	resp, err := r.client.Get(r.sim.URL() + "/sim/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Scan() // it is listened to now
	r.say("lan.nt", "", "mới")
	for lines.Scan() {
		if lines.Text() == "event: changed" {
			return
		}
	}
	t.Errorf("the stream ended: %v", lines.Err())
}

func TestTheControlDoesWhatTheMethodsDo(t *testing.T) {
	r := start(t)
	file := object{"name": "a.txt", "data": "buG7mWkgZHVuZw=="}
	status, answer := r.control("say", object{"user": "lan.nt", "channel": "so-y-te", "text": "xem tệp", "files": []object{file}})
	var made struct{ Post string }
	if err := json.Unmarshal([]byte(answer), &made); status != 200 || err != nil {
		t.Fatalf("writing was answered %d %s", status, answer)
	}
	p, _ := r.sim.Post(made.Post)
	if _, body := r.get("/sim/file/" + p.FileIDs[0]); body != "nội dung" {
		t.Errorf("the file is %q", body)
	}
	for _, step := range []struct {
		path string
		body object
		ok   bool
	}{
		{"edit", object{"post": made.Post, "text": "khác"}, true},
		{"react", object{"user": "minh.lv", "post": made.Post, "emoji": "eyes"}, true},
		{"delete", object{"post": made.Post}, true},
		{"delete", object{"post": made.Post}, false},
		{"say", object{"user": "nobody", "channel": "so-y-te", "text": "a"}, false},
		{"slash", object{"user": "lan.nt", "channel": "so-y-te", "text": "/unknown"}, false},
		{"users", object{"username": "moi.nv", "first_name": "Mới"}, true},
		{"channels", object{"name": "moi", "members": []string{"moi.nv", "tong-dai"}}, true},
		{"say", object{"user": "moi.nv", "channel": "moi", "text": "chào"}, true},
		{"faults", object{"on": "GET /users/me", "code": 503, "times": 1, "late": "1ms"}, true},
	} {
		if status, answer := r.control(step.path, step.body); (status == 200) != step.ok {
			t.Errorf("%s was answered %d %s", step.path, status, answer)
		}
	}
	if status, _ := r.call("GET", "/users/me", nil); status != 503 {
		t.Errorf("a server in trouble answered %d", status)
	}
}
