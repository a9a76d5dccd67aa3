package mattermostsim

import (
	"cmp"
	"embed"
	"net/http"
	"net/url"
	"slices"
	"time"

	"tongdai/connectors/simulator"
)

//go:embed pages
var pages embed.FS

// pageRoutes are the page that looks like a team chat, and the addresses of channels
// and posts as they stand in messages. What people do there goes through the control.
func (s *Sim) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		http.ServeFileFS(w, r, pages, "pages/chat.html")
	})
	simulator.Static(mux, "/static/", pages)
	mux.HandleFunc("GET /sim/state", func(w http.ResponseWriter, r *http.Request) {
		simulator.WriteJSON(w, s.view(r.FormValue("user"), r.FormValue("channel")))
	})
	mux.HandleFunc("GET /sim/events", func(w http.ResponseWriter, r *http.Request) { s.watchers.Stream(s.ctx, w, r) })
	mux.HandleFunc("GET /sim/file/{id}", s.getPageFile)
	team := "/" + url.PathEscape(s.team.Name)
	mux.HandleFunc("GET "+team+"/channels/{channel}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/?"+url.Values{"channel": {r.PathValue("channel")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("GET "+team+"/pl/{post}", s.getPermalink)
}

func (s *Sim) getPermalink(w http.ResponseWriter, r *http.Request) {
	p, ok := s.Post(r.PathValue("post"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.Redirect(w, r, "/?"+url.Values{"channel": {p.ChannelID}, "thread": {cmp.Or(p.RootID, p.ID)}}.Encode(), http.StatusFound)
}

// view is what the page shows to one person.
type view struct {
	Team     string            `json:"team"`
	Me       person            `json:"me"`
	People   []person          `json:"people"` // whom the page may speak as
	Names    map[string]person `json:"names"`  // everybody, by id
	Rooms    []room            `json:"rooms"`
	Room     string            `json:"room"` // whose posts there are
	Posts    []shownPost       `json:"posts"`
	Dialogs  []Dialog          `json:"dialogs"`
	Typing   bool              `json:"typing"`
	Commands []string          `json:"commands"`
}

type person struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Bot      bool   `json:"bot"`
}

// room is a channel of the sidebar.
type room struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Title    string      `json:"title"`
	Type     ChannelType `json:"type"`
	Header   string      `json:"header"`
	Members  int         `json:"members"`
	Archived bool        `json:"archived"`
	Last     int64       `json:"last"` // milliseconds of the newest post of somebody else
}

// shownPost is a post as the page draws it.
type shownPost struct {
	Post
	Shown     []Attachment `json:"attachments"`
	Ephemeral bool         `json:"ephemeral"`
}

func personOf(u *User) person { return person{u.ID, u.Username, u.Called(), u.IsBot} }

// typingLife is how long "đang nhập" is shown, as real clients do.
const typingLife = 5 * time.Second

// view is for a person and a channel by name or id; without them, for the first.
func (s *Sim) view(user, channel string) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := view{Team: s.team.DisplayName, Names: map[string]person{}, People: []person{}, Rooms: []room{}, Posts: []shownPost{}, Dialogs: []Dialog{}, Commands: []string{}}
	for _, id := range s.order {
		p := personOf(s.users[id])
		if v.Names[id] = p; !p.Bot {
			v.People = append(v.People, p)
		}
	}
	me, err := s.user(user)
	if err != nil || me.IsBot {
		if len(v.People) == 0 {
			return v
		}
		me = s.users[v.People[0].ID]
	}
	v.Me = personOf(me)
	for trigger := range s.commands {
		v.Commands = append(v.Commands, trigger)
	}
	slices.Sort(v.Commands)
	s.viewRooms(&v, me)
	s.viewRoom(&v, me, channel)
	for _, d := range s.dialogs {
		if d.User == me.ID {
			v.Dialogs = append(v.Dialogs, *d)
		}
	}
	return v
}

func (s *Sim) viewRooms(v *view, me *User) {
	last := map[string]int64{}
	for _, p := range s.posts {
		if p.UserID != me.ID && p.OriginalID == "" {
			last[p.ChannelID] = p.CreateAt
		}
	}
	for _, id := range s.rooms {
		c := s.channels[id]
		if !slices.Contains(c.Members, me.ID) {
			continue
		}
		one := room{ID: c.ID, Name: c.Name, Title: c.DisplayName, Type: c.Type, Header: c.Header, Members: len(c.Members), Archived: c.DeleteAt > 0, Last: last[id]}
		if c.Type == Direct {
			one.Title = s.partner(c, me)
		}
		v.Rooms = append(v.Rooms, one)
	}
}

// partner is how the other one of two people is called.
func (s *Sim) partner(c *Channel, me *User) string {
	for _, id := range c.Members {
		if id != me.ID {
			return s.users[id].Called()
		}
	}
	return me.Called()
}

// viewRoom shows the posts of a channel, those for this person alone too.
func (s *Sim) viewRoom(v *view, me *User, channel string) {
	if len(v.Rooms) == 0 {
		return
	}
	v.Room = v.Rooms[0].ID
	if c, err := s.channel(channel); err == nil && slices.Contains(c.Members, me.ID) {
		v.Room = c.ID
	}
	for _, p := range s.posts {
		if p.ChannelID == v.Room && p.DeleteAt == 0 {
			v.Posts = append(v.Posts, drawn(s.whole(p), false))
		}
	}
	for _, e := range s.ephemeral {
		if e.User == me.ID && e.Post.ChannelID == v.Room {
			v.Posts = append(v.Posts, drawn(e.Post, true))
		}
	}
	slices.SortStableFunc(v.Posts, func(a, b shownPost) int { return cmp.Compare(a.CreateAt, b.CreateAt) })
	v.Typing = s.cfg.Now().Sub(s.typing[v.Room]) < typingLife
}

func drawn(p Post, ephemeral bool) shownPost {
	shown := shownPost{Post: p.shown(), Ephemeral: ephemeral}
	shown.Shown = shown.Attachments()
	shown.Props = nil
	return shown
}

// getPageFile shows a file in the page.
func (s *Sim) getPageFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files[r.PathValue("id")]
	s.mu.Unlock()
	if f == nil {
		http.NotFound(w, r)
		return
	}
	f.write(w)
}
