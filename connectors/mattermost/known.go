package mattermost

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
)

const (
	peopleLife  = 15 * time.Minute // people change names and addresses
	channelLife = 10 * time.Minute // and administrators the names of channels
	knownMost   = 10_000
)

// known is what the bridge has asked the server and need not ask again soon.
type known struct {
	now      func() time.Time
	mu       sync.Mutex
	self     string
	people   map[string]aged[connectors.Colleague]
	channels map[string]aged[string] // ids by place
	roots    map[string]aged[string] // the thread whose card begins it; "": it is none of ours
}

type aged[T any] struct {
	value T
	at    time.Time
}

func newKnown(now func() time.Time) *known {
	return &known{now: now, people: map[string]aged[connectors.Colleague]{}, channels: map[string]aged[string]{}, roots: map[string]aged[string]{}}
}

// keep puts a value into one of the maps and, where that has grown too large,
// forgets the older half of it.
func keep[T any](all map[string]aged[T], key string, value T, now time.Time) {
	if len(all) >= knownMost {
		keys := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(all[a].at.Compare(all[b].at), cmp.Compare(a, b)) })
		for _, old := range keys[:len(keys)/2] {
			delete(all, old)
		}
	}
	all[key] = aged[T]{value, now}
}

func (k *known) channel(place string) (id string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.channels[place]
	return c.value, ok && k.now().Sub(c.at) < channelLife
}

func (k *known) foundChannel(place, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keep(k.channels, place, id, k.now())
}

// loseChannel is for a channel that is not where it was.
func (k *known) loseChannel(place string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.channels, place)
}

func (k *known) root(id string) (thread string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := k.roots[id]
	return r.value, ok
}

func (k *known) foundRoot(id, thread string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keep(k.roots, id, thread, k.now())
}

// me is the id of the bot's account.
func (b *Bridge) me(ctx context.Context) (string, error) {
	b.known.mu.Lock()
	self := b.known.self
	b.known.mu.Unlock()
	if self != "" {
		return self, nil
	}
	user, err := b.api.me(ctx)
	if err != nil {
		return "", err
	}
	b.known.mu.Lock()
	defer b.known.mu.Unlock()
	b.known.self = user.Id
	return user.Id, nil
}

// colleague is what the server tells of a user. One that it has no more keeps the id
// as name, and proves nothing.
func (b *Bridge) colleague(ctx context.Context, id string) (connectors.Colleague, error) {
	b.known.mu.Lock()
	at, ok := b.known.people[id]
	b.known.mu.Unlock()
	if ok && b.now().Sub(at.at) < peopleLife {
		return at.value, nil
	}
	users, err := b.api.users(ctx, []string{id})
	if err != nil {
		return connectors.Colleague{}, err
	}
	who := connectors.Colleague{User: connectors.RemoteID(id), Name: id}
	for _, user := range users {
		if user.Id == id {
			who = b.colleagueOf(user)
		}
	}
	b.known.mu.Lock()
	defer b.known.mu.Unlock()
	keep(b.known.people, id, who, b.now())
	return who, nil
}

// colleagueOf: a bot, an account that was closed and one of another server, with which
// this one shares channels, prove nothing by their address.
func (b *Bridge) colleagueOf(user *model.User) connectors.Colleague {
	who := connectors.Colleague{User: connectors.RemoteID(user.Id), Name: cmp.Or(strings.TrimSpace(user.GetDisplayName(model.ShowNicknameFullName)), user.Username)}
	if !b.cfg.MailUnproven && !user.IsBot && !user.IsRemote() && user.DeleteAt == 0 {
		who.Mail = strings.ToLower(user.Email)
	}
	return who
}

// threadOf is the thread that begins with a post; "": it is no card of ours, or is
// there no more. That the card is of our own account proves where the name comes from.
func (b *Bridge) threadOf(ctx context.Context, root string) (string, error) {
	if thread, ok := b.known.root(root); ok {
		return thread, nil
	}
	self, err := b.me(ctx)
	if err != nil {
		return "", err
	}
	post, err := b.api.post(ctx, root)
	if s := status(err); s == http.StatusNotFound || s == http.StatusForbidden {
		return "", nil // for now: the bot may be let in again
	}
	if err != nil {
		return "", err
	}
	thread := cardOf(post, self)
	b.known.foundRoot(root, thread)
	return thread, nil
}

const (
	// keyProp is the prop that carries the key of a post of ours.
	keyProp = "tongdai"
	// codeProp is the prop of a card that carries the code of its matter.
	codeProp = "tongdai_code"
	// sumProp is the prop of a card that tells which state of its matter it shows.
	sumProp = "tongdai_sum"
	// cardPrefix begins the key of a card, before the name of its thread.
	cardPrefix = "card/"
)

func keyOf(post *model.Post) string {
	key, _ := post.GetProp(keyProp).(string)
	return key
}

// cardOf is the thread that a post is the card of; "": of none.
func cardOf(post *model.Post, self string) string {
	thread, ok := strings.CutPrefix(keyOf(post), cardPrefix)
	if !ok || post.UserId != self || post.RootId != "" {
		return ""
	}
	return thread
}
