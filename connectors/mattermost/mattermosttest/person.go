package mattermosttest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost-server/v6/model"
)

// Person is somebody with an account at the server, with their client open: what the
// server opens for them alone, or whispers to them, arrives there.
type Person struct {
	ID string

	s   *Server
	api *model.Client4

	mu       sync.Mutex
	dialogs  []model.OpenDialogRequest
	whispers []*model.Post
}

// Person makes somebody who reads and writes in channels.
func (s *Server) Person(login, name, mail string, channels ...string) *Person {
	s.t.Helper()
	user := &model.User{Username: login, Nickname: name, Email: mail}
	p := &Person{s: s, api: s.login(user)}
	me, _, err := p.api.GetMe("")
	s.must(err)
	p.ID = me.Id
	s.join(p.ID, channels)
	p.listen()
	return p
}

// listen connects as a browser does, and returns when the server has greeted.
func (p *Person) listen() {
	p.s.t.Helper()
	address := "ws" + strings.TrimPrefix(p.s.URL, "http") + model.APIURLSuffix + "/websocket"
	socket, answer, err := websocket.DefaultDialer.DialContext(p.s.t.Context(), address, http.Header{"Authorization": {"Bearer " + p.api.AuthToken}})
	p.s.must(err)
	_ = answer.Body.Close()
	greeted, ended := make(chan struct{}), make(chan struct{})
	p.s.t.Cleanup(func() {
		_ = socket.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		for {
			_, body, err := socket.ReadMessage()
			if err != nil {
				return
			}
			p.hear(body, greeted)
		}
	}()
	select {
	case <-greeted:
	case <-time.After(patience):
		p.s.t.Fatal("Mattermost: the socket does not say hello")
	}
}

func (p *Person) hear(body []byte, greeted chan struct{}) {
	var event struct {
		Event string
		Data  struct{ Dialog, Post string }
	}
	if json.Unmarshal(body, &event) != nil {
		return // an answer
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event.Event {
	case model.WebsocketEventHello:
		close(greeted)
	case model.WebsocketEventOpenDialog:
		var dialog model.OpenDialogRequest
		if json.Unmarshal([]byte(event.Data.Dialog), &dialog) == nil {
			p.dialogs = append(p.dialogs, dialog)
		}
	case model.WebsocketEventEphemeralMessage:
		var post model.Post
		if json.Unmarshal([]byte(event.Data.Post), &post) == nil {
			p.whispers = append(p.whispers, &post)
		}
	}
}

// Say writes a post, in the thread of root unless that is empty, and returns its id.
func (p *Person) Say(channel, root, text string) string {
	p.s.t.Helper()
	made, _, err := p.api.CreatePost(&model.Post{ChannelId: p.s.ID(channel), RootId: root, Message: text})
	p.s.must(err)
	return made.Id
}

// Send writes a post with a file.
func (p *Person) Send(channel, root, text, file string, data []byte) string {
	p.s.t.Helper()
	sent, _, err := p.api.UploadFile(data, p.s.ID(channel), file)
	p.s.must(err)
	made, _, err := p.api.CreatePost(&model.Post{
		ChannelId: p.s.ID(channel), RootId: root, Message: text, FileIds: model.StringArray{sent.FileInfos[0].Id},
	})
	p.s.must(err)
	return made.Id
}

// Edit makes a post read otherwise.
func (p *Person) Edit(post, text string) {
	p.s.t.Helper()
	_, _, err := p.api.PatchPost(post, &model.PostPatch{Message: &text})
	p.s.must(err)
}

// Delete takes a post back.
func (p *Person) Delete(post string) {
	p.s.t.Helper()
	_, err := p.api.DeletePost(post)
	p.s.must(err)
}

// Posts are those of a channel, the earliest first.
func (p *Person) Posts(channel string) []*model.Post {
	p.s.t.Helper()
	list, _, err := p.api.GetPostsForChannel(p.s.ID(channel), 0, 200, "", false)
	p.s.must(err)
	return inOrder(list)
}

// Thread is a post and its replies, the earliest first.
func (p *Person) Thread(root string) []*model.Post {
	p.s.t.Helper()
	list, _, err := p.api.GetPostThread(root, "", false)
	p.s.must(err)
	return inOrder(list)
}

func inOrder(list *model.PostList) []*model.Post {
	var all []*model.Post
	for _, post := range list.Posts {
		all = append(all, post)
	}
	slices.SortFunc(all, func(a, b *model.Post) int {
		return cmp.Or(cmp.Compare(a.CreateAt, b.CreateAt), cmp.Compare(a.Id, b.Id))
	})
	return all
}

// Signs are the reactions on a post, by name.
func (p *Person) Signs(post string) (names []string) {
	p.s.t.Helper()
	all, _, err := p.api.GetReactions(post)
	p.s.must(err)
	for _, one := range all {
		names = append(names, one.EmojiName)
	}
	return names
}

// Press presses a button of a post. The server has asked whoever made it then.
func (p *Person) Press(post, button string) {
	p.s.t.Helper()
	_, err := p.api.DoPostAction(post, button)
	p.s.must(err)
}

// PressWhispered presses the first such button of what only the person sees. The server
// keeps no such post: what belongs to the button goes with it, sealed.
func (p *Person) PressWhispered(post *model.Post, button string) {
	p.s.t.Helper()
	for _, shown := range post.Attachments() {
		for _, action := range shown.Actions {
			if action.Id == button {
				_, err := p.api.DoPostActionWithCookie(post.Id, button, "", action.Cookie)
				p.s.must(err)
				return
			}
		}
	}
	p.s.t.Fatalf("Mattermost: there is no button %q", button)
}

// Dialogs are those that the server has opened for the person so far.
func (p *Person) Dialogs() []model.OpenDialogRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.dialogs)
}

// Submit sends a dialog, and returns what it is told: nothing, or what is wrong with it.
func (p *Person) Submit(channel string, d model.OpenDialogRequest, fields map[string]any) model.SubmitDialogResponse {
	p.s.t.Helper()
	said, _, err := p.api.SubmitInteractiveDialog(model.SubmitDialogRequest{
		URL: d.URL, CallbackId: d.Dialog.CallbackId, State: d.Dialog.State,
		ChannelId: p.s.ID(channel), TeamId: p.s.team.Id, Submission: fields,
	})
	p.s.must(err)
	return *said
}

// Order writes a slash command, in the thread of root unless that is empty, and returns
// what the person is told.
func (p *Person) Order(channel, root, line string) *model.CommandResponse {
	p.s.t.Helper()
	body, err := json.Marshal(model.CommandArgs{ChannelId: p.s.ID(channel), TeamId: p.s.team.Id, RootId: root, Command: line})
	p.s.must(err)
	answer, err := p.api.DoAPIPost("/commands/execute", string(body))
	p.s.must(err)
	defer answer.Body.Close()
	said := &model.CommandResponse{}
	p.s.must(json.NewDecoder(answer.Body).Decode(said))
	return said
}

// Whispers are what only the person was told.
func (p *Person) Whispers() []*model.Post {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.whispers)
}
