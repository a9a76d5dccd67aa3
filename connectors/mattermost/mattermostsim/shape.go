package mattermostsim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
)

// letters are those of ids.
var letters = base32.NewEncoding("ybndrfg8ejkmcpqxot1uwisza345h769").WithPadding(base32.NoPadding)

// newID is an id as the server makes them: 26 characters.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return letters.EncodeToString(b[:])
}

// idOf is the id of what has that name, the same each time.
func idOf(kind, name string) string {
	sum := sha256.Sum256([]byte(kind + " " + name))
	return letters.EncodeToString(sum[:16])
}

func isID(id string) bool {
	data, err := letters.DecodeString(id)
	return len(id) == 26 && err == nil && len(data) == 16
}

// User is a person's account, or a bot's. The ID is that of the name unless told.
type User struct {
	ID        string `json:"id"`
	Username  string `json:"username"`
	Email     string `json:"email"`
	Nickname  string `json:"nickname"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Locale    string `json:"locale"`
	Roles     string `json:"roles"`
	IsBot     bool   `json:"is_bot,omitempty"`
	DeleteAt  int64  `json:"delete_at"` // milliseconds; the account is switched off
}

// Called is how the user is called, in the order of Vietnamese names.
func (u User) Called() string {
	switch {
	case u.LastName != "" && u.FirstName != "":
		return u.LastName + " " + u.FirstName
	case u.FirstName != "":
		return u.FirstName
	}
	return u.Username
}

// Team has all users and channels.
type Team struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Type        string `json:"type"`
	DeleteAt    int64  `json:"delete_at"`
}

// ChannelType tells who finds a channel.
type ChannelType string

// The types of channels.
const (
	Open    ChannelType = "O"
	Private ChannelType = "P"
	Direct  ChannelType = "D"
)

// Channel is a room. The ID is that of the name unless told.
type Channel struct {
	ID          string      `json:"id"`
	TeamID      string      `json:"team_id"`
	Type        ChannelType `json:"type"`
	DisplayName string      `json:"display_name"`
	Name        string      `json:"name"`
	Header      string      `json:"header"`
	Purpose     string      `json:"purpose"`
	CreateAt    int64       `json:"create_at"`
	UpdateAt    int64       `json:"update_at"`
	DeleteAt    int64       `json:"delete_at"` // milliseconds; it is archived
	// Members are user names or ids; empty: everybody, with the bot.
	Members []string `json:"-"`
}

// Post is what was said in a channel, as the server writes it.
type Post struct {
	ID            string         `json:"id"`
	CreateAt      int64          `json:"create_at"` // milliseconds, like all times here
	UpdateAt      int64          `json:"update_at"`
	EditAt        int64          `json:"edit_at"`
	DeleteAt      int64          `json:"delete_at"`
	IsPinned      bool           `json:"is_pinned"`
	UserID        string         `json:"user_id"`
	ChannelID     string         `json:"channel_id"`
	RootID        string         `json:"root_id"`
	OriginalID    string         `json:"original_id"` // this is an old version of that post
	Message       string         `json:"message"`
	Type          string         `json:"type"`
	Props         map[string]any `json:"props"`
	Hashtags      string         `json:"hashtags"`
	FileIDs       []string       `json:"file_ids,omitempty"`
	PendingPostID string         `json:"pending_post_id"`
	HasReactions  bool           `json:"has_reactions,omitempty"`
	ReplyCount    int            `json:"reply_count"`
	LastReplyAt   int64          `json:"last_reply_at"`
	Participants  any            `json:"participants"`
	Metadata      Metadata       `json:"metadata"`
}

// Metadata is what comes with a post.
type Metadata struct {
	Files     []FileInfo `json:"files,omitempty"`
	Reactions []Reaction `json:"reactions,omitempty"`
}

// Reaction is an emoji on a post.
type Reaction struct {
	UserID    string `json:"user_id"`
	PostID    string `json:"post_id"`
	EmojiName string `json:"emoji_name"`
	CreateAt  int64  `json:"create_at"`
}

// FileInfo describes a file.
type FileInfo struct {
	ID        string `json:"id"`
	UserID    string `json:"user_id"`
	ChannelID string `json:"channel_id"`
	PostID    string `json:"post_id,omitempty"`
	CreateAt  int64  `json:"create_at"`
	UpdateAt  int64  `json:"update_at"`
	DeleteAt  int64  `json:"delete_at"`
	Name      string `json:"name"`
	Extension string `json:"extension"`
	Size      int64  `json:"size"`
	MimeType  string `json:"mime_type"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
}

// Attachment is a block with a coloured bar, fields and buttons, in a post's props.
type Attachment struct {
	Fallback   string   `json:"fallback"`
	Color      string   `json:"color"`
	Pretext    string   `json:"pretext"`
	AuthorName string   `json:"author_name"`
	Title      string   `json:"title"`
	TitleLink  string   `json:"title_link"`
	Text       string   `json:"text"`
	Fields     []Field  `json:"fields"`
	Footer     string   `json:"footer"`
	Actions    []Action `json:"actions"`
}

// Field is a line of an Attachment.
type Field struct {
	Title string `json:"title"`
	Value any    `json:"value"`
	Short any    `json:"short"`
}

// Action is a button of an Attachment, or a menu.
type Action struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Type        string       `json:"type"` // button, select
	Style       string       `json:"style,omitempty"`
	DataSource  string       `json:"data_source,omitempty"`
	Options     []Option     `json:"options,omitempty"`
	Integration *Integration `json:"integration,omitempty"` // never shown to clients
}

// Option is one of a menu.
type Option struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// Integration is where an Action leads.
type Integration struct {
	URL     string         `json:"url"`
	Context map[string]any `json:"context"`
}

// Attachments are those of the post; what is none is left out.
func (p Post) Attachments() (all []Attachment) {
	data, err := json.Marshal(p.Props["attachments"])
	if err != nil || json.Unmarshal(data, &all) != nil {
		return nil
	}
	return all
}

// Action is the one of the post that has the id.
func (p Post) Action(id string) (Action, bool) {
	for _, a := range p.Attachments() {
		for _, action := range a.Actions {
			if action.ID == id {
				return action, true
			}
		}
	}
	return Action{}, false
}

// clone is a copy that shares nothing.
func (p Post) clone() Post {
	p.Props = cloned(p.Props)
	p.FileIDs = slices.Clone(p.FileIDs)
	p.Metadata = Metadata{Files: slices.Clone(p.Metadata.Files), Reactions: slices.Clone(p.Metadata.Reactions)}
	return p
}

// cloned props are as JSON would bring them back, never nil.
func cloned(props map[string]any) map[string]any {
	back := map[string]any{}
	data, err := json.Marshal(props)
	if err == nil {
		err = json.Unmarshal(data, &back)
	}
	if err != nil {
		panic(fmt.Sprintf("mattermostsim: props that came as JSON are none: %v", err))
	}
	if back == nil {
		back = map[string]any{}
	}
	return back
}

// eachAction calls do with the actions in props, as they lie there.
func eachAction(props map[string]any, do func(action map[string]any)) {
	attachments, _ := props["attachments"].([]any)
	for _, a := range attachments {
		attachment, _ := a.(map[string]any)
		actions, _ := attachment["actions"].([]any)
		for _, one := range actions {
			if action, ok := one.(map[string]any); ok {
				do(action)
			}
		}
	}
}

// shown is the post as clients get it: nobody sees where a button leads.
func (p Post) shown() Post {
	p = p.clone()
	eachAction(p.Props, func(action map[string]any) { delete(action, "integration") })
	return p
}
