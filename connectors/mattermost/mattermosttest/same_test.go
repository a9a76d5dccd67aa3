package mattermosttest_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors/mattermost/mattermostsim"
	"tongdai/connectors/mattermost/mattermosttest"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Closing(m).Run()) }

// side is one of the two servers, with the bot's account.
type side struct {
	*testing.T
	bot             *model.Client4
	team            string
	here, elsewhere string // ids of a channel that the bot is in, and of one that it is not
	reply, gone     string // of a post that is no root, and of one that was deleted
}

func (s *side) post(p *model.Post) string {
	s.Helper()
	made, _, err := s.bot.CreatePost(p)
	if err != nil {
		s.Fatal(err)
	}
	return made.Id
}

// prepare makes what the calls are about.
func (s *side) prepare() {
	s.Helper()
	root := s.post(&model.Post{ChannelId: s.here, Message: "gốc"})
	s.reply = s.post(&model.Post{ChannelId: s.here, RootId: root, Message: "trả lời"})
	s.gone = s.post(&model.Post{ChannelId: s.here, Message: "sẽ xóa"})
	if _, err := s.bot.DeletePost(s.gone); err != nil {
		s.Fatal(err)
	}
}

// unknown is an id that nothing has.
const unknown = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

// noes are calls that a bot may meet a no with.
var noes = []struct {
	name string
	call func(s *side) (*model.Response, error)
}{
	{"a post into a channel that the bot is not in", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: s.elsewhere, Message: "a"})
		return r, err
	}},
	{"a post into no channel", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: unknown, Message: "a"})
		return r, err
	}},
	{"a reply to a reply", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: s.here, RootId: s.reply, Message: "a"})
		return r, err
	}},
	{"a reply to what was deleted", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: s.here, RootId: s.gone, Message: "a"})
		return r, err
	}},
	{"a reply to nothing", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: s.here, RootId: unknown, Message: "a"})
		return r, err
	}},
	{"a text that is too long", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: s.here, Message: strings.Repeat("a", model.PostMessageMaxRunesV2+1)})
		return r, err
	}},
	{"a change of what was deleted", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.PatchPost(s.gone, &model.PostPatch{Message: model.NewString("b")})
		return r, err
	}},
	{"a look at what was deleted", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.GetPost(s.gone, "")
		return r, err
	}},
	{"the thread of what was deleted", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.GetPostThread(s.gone, "", false)
		return r, err
	}},
	{"the signs on what was deleted", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.GetReactions(s.gone)
		return r, err
	}},
	{"the signs on nothing", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.GetReactions(unknown)
		return r, err
	}},
	{"a sign on what was deleted", func(s *side) (*model.Response, error) {
		me, _, _ := s.bot.GetMe("")
		_, r, err := s.bot.SaveReaction(&model.Reaction{UserId: me.Id, PostId: s.gone, EmojiName: "x"})
		return r, err
	}},
	{"the taking back of a sign that is not there", func(s *side) (*model.Response, error) {
		me, _, _ := s.bot.GetMe("")
		return s.bot.DeleteReaction(&model.Reaction{UserId: me.Id, PostId: s.gone, EmojiName: "x"})
	}},
	{"a change of nothing", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.PatchPost(unknown, &model.PostPatch{Message: model.NewString("b")})
		return r, err
	}},
	{"a channel by a name that there is not", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.GetChannelByNameForTeamName("khong-co", s.team, "")
		return r, err
	}},
	{"a file that is no file", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: s.here, Message: "a", FileIds: model.StringArray{unknown}})
		return r, err
	}},
	{"a post of nothing", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.CreatePost(&model.Post{ChannelId: s.here})
		return r, err
	}},
	{"a sign on nothing", func(s *side) (*model.Response, error) {
		me, _, _ := s.bot.GetMe("")
		_, r, err := s.bot.SaveReaction(&model.Reaction{UserId: me.Id, PostId: unknown, EmojiName: "x"})
		return r, err
	}},
	{"a sign that there is not", func(s *side) (*model.Response, error) {
		me, _, _ := s.bot.GetMe("")
		_, r, err := s.bot.SaveReaction(&model.Reaction{UserId: me.Id, PostId: s.reply, EmojiName: "khong-co-hinh-nay"})
		return r, err
	}},
	{"the posts of a channel that the bot is not in", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.GetPostsSince(s.elsewhere, 1, false)
		return r, err
	}},
	{"a channel that there is not", func(s *side) (*model.Response, error) {
		me, _, _ := s.bot.GetMe("")
		_, r, err := s.bot.GetChannelMember(unknown, me.Id, "")
		return r, err
	}},
	{"a file that there is not", func(s *side) (*model.Response, error) {
		_, r, err := s.bot.GetFileInfo(unknown)
		return r, err
	}},
	{"a dialog without a press", func(s *side) (*model.Response, error) {
		r, err := s.bot.OpenInteractiveDialog(model.OpenDialogRequest{TriggerId: "abc", URL: "http://127.0.0.1:1/", Dialog: model.Dialog{Title: "a"}})
		return r, err
	}},
	{"a token that there is not", func(s *side) (*model.Response, error) {
		nobody := model.NewAPIv4Client(s.bot.URL)
		nobody.SetToken(unknown)
		_, r, err := nobody.GetMe("")
		return r, err
	}},
}

// said is a no in a line.
func said(r *model.Response, err error) string {
	id := ""
	if no := (&model.AppError{}); errors.As(err, &no) {
		id = no.Id
	}
	if r == nil {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%d %s", r.StatusCode, id)
}

// What the simulator refuses it refuses as the real server does, so that what is tried
// against it means something.
func TestTheSimulatorRefusesAsTheRealServerDoes(t *testing.T) {
	server := mattermosttest.Start(t, pgtest.Database)
	server.Channel("trong", "Trong")
	server.Channel("ngoai", "Ngoài")
	real := &side{T: t, bot: model.NewAPIv4Client(server.URL), team: mattermosttest.Team, here: server.ID("trong"), elsewhere: server.ID("ngoai")}
	real.bot.SetToken(server.Bot("tongdai", "trong"))

	sim, err := mattermostsim.Start(mattermostsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	simulated := &side{T: t, bot: model.NewAPIv4Client(sim.URL()), team: sim.Config().Team.Name, here: sim.ChannelID("so-y-te")}
	simulated.bot.SetToken(sim.Config().Token)
	if simulated.elsewhere, err = sim.AddChannel(mattermostsim.Channel{Name: "ngoai", DisplayName: "Ngoài", Members: []string{"lan.nt"}}); err != nil {
		t.Fatal(err)
	}
	real.prepare()
	simulated.prepare()
	for _, no := range noes {
		want, got := said(no.call(real)), said(no.call(simulated))
		if got != want {
			t.Errorf("%s: the simulator answers %s, the server %s", no.name, got, want)
		}
	}
}
