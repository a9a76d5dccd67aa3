package mattermostsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors/mattermost/mattermostsim"
)

// client4 is the library that programs speak to real servers with.
func (r *rig) client4() *model.Client4 {
	client := model.NewAPIv4Client(r.sim.URL())
	client.HTTPClient = r.client
	client.SetToken(r.sim.Config().Token)
	return client
}

func TestTheLibraryIsUnderstood(t *testing.T) {
	r := start(t, func(c *mattermostsim.Config) { c.Administrator = true })
	c := r.client4()
	if status, _, err := c.GetPing(); err != nil || status != "OK" {
		t.Errorf("a ping came to %q, %v", status, err)
	}
	if cfg, _, err := c.GetOldClientConfig(""); err != nil || cfg["Version"] != "6.7.2" {
		t.Errorf("the configuration is %v, %v", cfg, err)
	}
	me, _, err := c.GetMe("")
	if err != nil || !me.IsBot {
		t.Fatalf("the bot is %+v, %v", me, err)
	}
	lan, _, err := c.GetUserByEmail("lan.nt@thanhhoa.example.vn", "")
	if err != nil || lan.Username != "lan.nt" {
		t.Fatalf("found %+v, %v", lan, err)
	}
	if all, _, err := c.GetUsersByIds([]string{lan.Id, me.Id}); err != nil || len(all) != 2 {
		t.Errorf("found %+v, %v", all, err)
	}
	channel, _, err := c.GetChannelByNameForTeamName("so-y-te", "1022", "")
	if err != nil || channel.Id != r.channel {
		t.Fatalf("the channel is %+v, %v", channel, err)
	}
	upload, _, err := c.UploadFileAsRequestBody([]byte("nội dung"), channel.Id, "a.txt")
	if err != nil || len(upload.FileInfos) != 1 {
		t.Fatalf("the upload is %+v, %v", upload, err)
	}
	form, _, err := c.UploadFile([]byte("nội dung"), channel.Id, "b.txt")
	if err != nil || len(form.FileInfos) != 1 {
		t.Fatalf("the upload as a form is %+v, %v", form, err)
	}
	root, resp, err := c.CreatePost(&model.Post{ChannelId: channel.Id, Message: "gốc", FileIds: model.StringArray{upload.FileInfos[0].Id, form.FileInfos[0].Id}})
	if err != nil || resp.StatusCode != http.StatusCreated || root.UserId != me.Id || root.GetProp("from_bot") != "true" || len(root.Metadata.Files) != 2 {
		t.Fatalf("the post is %+v, %v", root, err)
	}
	if data, _, err := c.GetFile(root.FileIds[1]); err != nil || string(data) != "nội dung" {
		t.Errorf("the file is %q, %v", data, err)
	}
	words := "gốc, đã sửa"
	if edited, _, err := c.PatchPost(root.Id, &model.PostPatch{Message: &words}); err != nil || edited.Message != words || edited.EditAt == 0 {
		t.Errorf("the change came to %+v, %v", edited, err)
	}
	reply := r.say("lan.nt", root.Id, "trả lời")
	thread, _, err := c.GetPostThread(root.Id, "", false)
	if err != nil || len(thread.Order) != 2 || thread.Posts[reply].RootId != root.Id {
		t.Errorf("the thread is %+v, %v", thread, err)
	}
	if since, _, err := c.GetPostsSince(channel.Id, 1, false); err != nil || since.Posts[reply] == nil {
		t.Errorf("what changed is %+v, %v", since, err)
	}
	if _, _, err := c.SaveReaction(&model.Reaction{UserId: me.Id, PostId: reply, EmojiName: "eyes"}); err != nil {
		t.Error(err)
	}
	if signs, _, err := c.GetReactions(reply); err != nil || len(signs) != 1 {
		t.Errorf("the reactions are %+v, %v", signs, err)
	}
	if _, err := c.DeleteReaction(&model.Reaction{UserId: me.Id, PostId: reply, EmojiName: "eyes"}); err != nil {
		t.Error(err)
	}
	if _, err := c.PublishUserTyping(me.Id, model.TypingRequest{ChannelId: channel.Id}); err != nil {
		t.Error(err)
	}
	if _, _, err := c.CreatePostEphemeral(&model.PostEphemeral{UserID: lan.Id, Post: &model.Post{ChannelId: channel.Id, Message: "Chỉ chị thấy"}}); err != nil || len(r.sim.Ephemerals("lan.nt")) != 1 {
		t.Errorf("an ephemeral post came to %v", err)
	}
	if direct, _, err := c.CreateDirectChannel(me.Id, lan.Id); err != nil || direct.Type != model.ChannelTypeDirect {
		t.Errorf("the direct channel is %+v, %v", direct, err)
	}
	if _, err := c.DeletePost(root.Id); err != nil {
		t.Error(err)
	}
}

func TestTheLibraryIsTold(t *testing.T) {
	r := start(t)
	c := r.client4()
	if _, _, err := c.GetPost("nowhere000000000000000000x", ""); err == nil || err.(*model.AppError).StatusCode != 404 || err.(*model.AppError).Id != "app.post.get.app_error" {
		t.Errorf("a post that is not there came to %v", err)
	}
	r.sim.Fail(mattermostsim.Fault{On: "GET /users/me", Times: 1, Code: 429, RetryAfter: 7})
	if _, resp, err := c.GetMe(""); err == nil || resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "7" {
		t.Errorf("too many calls came to %+v, %v", resp, err)
	}
}

func TestTheLibraryListens(t *testing.T) {
	r := start(t)
	address := "ws" + strings.TrimPrefix(r.sim.URL(), "http")
	first, err := model.NewWebSocketClient4(address, r.sim.Config().Token)
	if err != nil {
		t.Fatal(err)
	}
	first.Listen()
	hello := <-first.EventChannel
	if hello.EventType() != model.WebsocketEventHello {
		t.Fatalf("greeted with %+v", hello)
	}
	id := hello.GetData()["connection_id"].(string)
	r.sim.Drop()
	for range first.EventChannel {
		t.Error("an event came over a socket that was cut")
	}
	r.say("lan.nt", "", "trong lúc đứt")
	again, err := model.NewReliableWebSocketClientWithDialer(websocket.DefaultDialer, address, r.sim.Config().Token, id, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	again.Listen()
	defer again.Close()
	select {
	case e := <-again.EventChannel:
		post, _ := e.GetData()["post"].(string)
		if e.EventType() != model.WebsocketEventPosted || e.GetSequence() != 1 || !strings.Contains(post, "trong lúc đứt") {
			t.Errorf("heard %+v", e)
		}
	case <-time.After(30 * time.Second):
		t.Error("what was missed did not come")
	}
}
