package mattermost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

const (
	// lookBack is how long ago a post may have been made whose answer was lost.
	lookBack  = 24 * time.Hour
	lookPages = 10
	pageSize  = 200
)

// posting is one call of Post.
type posting struct {
	*Bridge
	connectors.Post
	self    string
	channel string
	root    string
	there   map[string]string // posts of ours in the thread, by key; nil: not asked yet
	shows   string            // the sum of the matter that the card shows
}

// Post implements connectors.Bridge. Before it makes a post it looks whether that is
// there: an answer may have been lost, or we may have died before we heard it.
func (b *Bridge) Post(ctx context.Context, p connectors.Post) (connectors.Posted, error) {
	self, err := b.me(ctx)
	if err != nil {
		return connectors.Posted{}, err
	}
	channel, err := b.channelOf(ctx, p.Place)
	if err != nil {
		return connectors.Posted{}, err
	}
	t := &posting{Bridge: b, Post: p, self: self, channel: channel, root: string(p.Root)}
	if p.Thread == "" {
		err = t.announce(ctx)
	} else {
		err = t.tell(ctx)
	}
	if status(err) == http.StatusForbidden || status(err) == http.StatusNotFound {
		b.known.loseChannel(string(p.Place))
	}
	return connectors.Posted{Root: connectors.RemoteID(t.root)}, err
}

// tell brings the card and the items. A card that somebody deleted is made anew.
func (t *posting) tell(ctx context.Context) error {
	if t.root == "" {
		return t.anew(ctx)
	}
	err := t.inThread(ctx)
	if err == nil || !t.lost(ctx, err) {
		return err
	}
	if t.Matter.Standing != connectors.InCharge && t.Matter.Standing != connectors.Contributing {
		return nil // nobody has anything to do there
	}
	return t.anew(ctx)
}

func (t *posting) anew(ctx context.Context) error {
	if err := t.open(ctx); err != nil {
		return err
	}
	if t.there == nil { // it was found, and may be of earlier
		return t.inThread(ctx)
	}
	if err := t.ring(ctx); err != nil {
		return err
	}
	return t.items(ctx)
}

// inThread brings what is new, and the card up to date.
func (t *posting) inThread(ctx context.Context) error {
	if err := t.ring(ctx); err != nil {
		return err
	}
	if len(t.Items) > 0 {
		if err := t.items(ctx); err != nil || t.shows == t.sum() {
			return err
		}
	}
	props := t.cardProps()
	return t.api.patch(ctx, t.root, &model.PostPatch{Props: &props})
}

// ring calls everybody in the channel to an alarm, once in a thread: a card by itself
// makes no telephone ring, and a change of it never does.
func (t *posting) ring(ctx context.Context) error {
	if !t.Matter.Alarm || t.Matter.Standing != connectors.InCharge {
		return nil
	}
	if t.there == nil {
		if err := t.inventory(ctx); err != nil {
			return err
		}
	}
	words := "@channel :rotating_light: **Tin khẩn**, chưa có ai xác nhận."
	if t.cfg.Hook != "" {
		words += " Ai nhận thì bấm **Khẩn – đã nhận** trên thẻ."
	}
	return t.part(ctx, "alarm/"+t.Thread, t.root, part{message: words})
}

// sum tells one state of the matter from another.
func (t *posting) sum() string {
	matter, err := json.Marshal(t.Matter)
	if err != nil {
		panic(err) // of words and a time
	}
	return digest(string(matter))
}

// lost reports whether err comes of the card being there no more, or in another
// channel than the department has now. The server refuses to change such a post as it
// refuses what one has no right to.
func (t *posting) lost(ctx context.Context, err error) bool {
	if s := status(err); s != http.StatusBadRequest && s != http.StatusForbidden && s != http.StatusNotFound {
		return false
	}
	post, err := t.api.post(ctx, t.root)
	if err != nil {
		return status(err) == http.StatusNotFound
	}
	return post.ChannelId != t.channel
}

// cardKey is the key of the thread's card, whichever Post made or changed it.
func (t *posting) cardKey() string { return cardPrefix + t.Thread }

func (t *posting) cardProps() model.StringInterface {
	return model.StringInterface{keyProp: t.cardKey(), codeProp: t.Matter.Code, sumProp: t.sum(), "attachments": []*model.SlackAttachment{t.card(t.Matter, t.Thread)}}
}

// open makes the card, or finds it.
func (t *posting) open(ctx context.Context) error {
	found, err := t.look(ctx, map[string]bool{t.cardKey(): true})
	if err != nil {
		return err
	}
	if id := found[t.cardKey()]; id != "" {
		t.root, t.there = id, nil
		return nil
	}
	made, err := t.api.create(ctx, &model.Post{ChannelId: t.channel, PendingPostId: t.pending(t.Key), Props: t.cardProps()})
	if err != nil {
		return err
	}
	t.root, t.there = made.Id, map[string]string{}
	t.known.foundRoot(made.Id, t.Thread)
	return nil
}

// look finds posts of ours in the channel that begin no thread or one of their own.
func (t *posting) look(ctx context.Context, keys map[string]bool) (found map[string]string, err error) {
	found = map[string]string{}
	oldest := t.now().Add(-lookBack).UnixMilli()
	err = t.recent(ctx, t.channel, func(post *model.Post) bool {
		if key := keyOf(post); post.UserId == t.self && post.RootId == "" && keys[key] {
			found[key] = post.Id
		}
		return post.CreateAt >= oldest && len(found) < len(keys)
	})
	return found, err
}

// recent shows each the posts of a channel, the latest first, until it has enough.
func (b *Bridge) recent(ctx context.Context, channel string, more func(*model.Post) bool) error {
	for page := range lookPages {
		list, err := b.api.page(ctx, channel, page, pageSize)
		if err != nil {
			return err
		}
		for _, id := range list.Order {
			if post := list.Posts[id]; post != nil && !more(post) {
				return nil
			}
		}
		if len(list.Order) < pageSize {
			break
		}
	}
	return nil
}

// pending is what the server knows a post by for half a minute after it was made.
func (t *posting) pending(key string) string {
	sum := sha256.Sum256([]byte(key))
	return t.self + ":" + hex.EncodeToString(sum[:12])
}

// items brings what is new, each thing by itself.
func (t *posting) items(ctx context.Context) error {
	if len(t.Items) == 0 {
		return nil
	}
	if t.there == nil {
		if err := t.inventory(ctx); err != nil {
			return err
		}
	}
	for n, item := range t.Items {
		err := t.item(ctx, fmt.Sprintf("%s/%d", t.Key, n), item)
		if err != nil {
			return err
		}
	}
	return nil
}

// inventory finds out what is there already in the thread.
func (t *posting) inventory(ctx context.Context) error {
	list, err := t.api.thread(ctx, t.root)
	if err != nil {
		return err
	}
	t.there = map[string]string{}
	for _, post := range list.Posts {
		if post != nil && post.UserId == t.self && keyOf(post) != "" && post.DeleteAt == 0 {
			t.there[keyOf(post)] = post.Id
		}
		if post != nil && post.Id == t.root {
			t.shows, _ = post.GetProp(sumProp).(string)
		}
	}
	return nil
}

func (t *posting) item(ctx context.Context, key string, item connectors.Item) error {
	if item.Kind == connectors.ItemOutcome {
		return t.outcome(ctx, key, item)
	}
	head, write := t.wording(item)
	return t.parts(ctx, key, t.root, head, item.Text, write, item.Files)
}

// wording is how an item begins, and how its text is written.
func (t *posting) wording(item connectors.Item) (head string, write func(string) string) {
	by := func(nobody string) string {
		if item.By != "" {
			nobody = item.By
		}
		return "**" + literal(nobody) + "**"
	}
	at := ""
	if !item.At.IsZero() {
		at = " lúc " + clock(item.At)
	}
	switch item.Kind {
	case connectors.ItemCitizen:
		nobody := t.Matter.Person
		if nobody == "" {
			nobody = "Người dân"
		}
		return by(nobody) + " viết" + at + ":\n", quoted
	case connectors.ItemAnswer:
		return by("Tổng đài") + " đã trả lời người dân" + at + ":\n", quoted
	case connectors.ItemNote:
		return by("Đồng nghiệp") + " ghi chú" + at + ":\n", quoted
	case connectors.ItemChange:
		return "", italic
	}
	return "", literal
}

// announce tells a place what nobody answers, each item as a post of its own.
func (t *posting) announce(ctx context.Context) error {
	keys := map[string]bool{}
	for n := range t.Items {
		keys[fmt.Sprintf("%s/%d/0", t.Key, n)] = true
	}
	var err error
	if t.there, err = t.look(ctx, keys); err != nil {
		return err
	}
	head := ""
	if t.Matter.Alarm || t.Matter.Urgent {
		head = ":rotating_light: "
	}
	if t.Matter.Link != "" && t.Matter.Code != "" {
		head += "[" + literal(t.Matter.Code) + "](" + t.Matter.Link + ") "
	}
	for n, item := range t.Items {
		key := fmt.Sprintf("%s/%d", t.Key, n)
		if err := t.parts(ctx, key, string(t.Post.Root), head, item.Text, literal, item.Files); err != nil {
			return err
		}
		if t.root == "" {
			t.root = t.there[key+"/0"]
		}
	}
	return nil
}

// part is one post of what may take several.
type part struct {
	message string
	files   []content.Attachment
}

// filesRoom is what is left of a post for words about files that are not in it.
const filesRoom = filesMost * 300

// parts posts a text in as many posts as it takes, the files with the last of them.
// The first carries the head.
func (t *posting) parts(ctx context.Context, key, root, head, text string, write func(string) string, files []content.Attachment) error {
	files = withoutOriginals(files)
	room := head
	if len(files) > 0 {
		room += strings.Repeat(" ", filesRoom)
	}
	var all []part
	for _, piece := range pieces(text, room, write) {
		all = append(all, part{message: piece})
	}
	if len(all) == 0 {
		all = []part{{}}
	}
	all[0].message = head + all[0].message
	for len(files) > 0 {
		last := &all[len(all)-1]
		n := min(len(files), filesMost)
		if len(last.files) > 0 {
			all = append(all, part{})
			last = &all[len(all)-1]
		}
		last.files, files = files[:n], files[n:]
	}
	for n, one := range all {
		if strings.TrimSpace(one.message) == "" && len(one.files) == 0 {
			continue
		}
		if err := t.part(ctx, fmt.Sprintf("%s/%d", key, n), root, one); err != nil {
			return err
		}
	}
	return nil
}

// withoutOriginals leaves out what a message was made of, whole: it is for the desk.
func withoutOriginals(files []content.Attachment) (shown []content.Attachment) {
	for _, file := range files {
		if file.Kind != content.Original {
			shown = append(shown, file)
		}
	}
	return shown
}

func (t *posting) part(ctx context.Context, key, root string, one part) error {
	if t.there[key] != "" {
		return nil
	}
	ids, told, err := t.uploads(ctx, one.files)
	if err != nil {
		return err
	}
	message := strings.TrimSpace(strings.Join(append([]string{one.message}, told...), "\n"))
	props := model.StringInterface{keyProp: key}
	if webAddress.MatchString(message) {
		// Where there is a list of cards, though empty, Mattermost fetches no preview of
		// the page that a stranger named.
		props["attachments"] = []*model.SlackAttachment{}
	}
	made, err := t.api.create(ctx, &model.Post{
		ChannelId: t.channel, RootId: root, Message: message, FileIds: ids, PendingPostId: t.pending(key), Props: props,
	})
	if err != nil {
		return err
	}
	t.there[key] = made.Id
	return nil
}
