package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/province"
)

// past is what lies in the store of a hub before a load test begins.
type past struct {
	conversations int
	members       int // who are logged in
}

// loadMessages is how many messages each conversation of the past has.
const loadMessages = 10

// fill puts the past into a store. sessions are the tokens of the members.
func (p past) fill(ctx context.Context, a *app) (sessions []string, err error) {
	if p.conversations > 0 {
		made := province.Province{Conversations: p.conversations, Messages: loadMessages, End: time.Now(), Whole: true}
		if err := made.Fill(ctx, a.store, nil); err != nil {
			return nil, fmt.Errorf("fill the store: %w", err)
		}
	}
	for i := range p.members {
		m := inbox.Member{Login: fmt.Sprint("member-", i+1), Name: fmt.Sprint("Cán bộ ", i+1), Role: inbox.Operator, CreatedAt: time.Now()}
		m.ID = inbox.MemberID(fmt.Sprint("m", i)) // the first of them have taken matters of the past
		if err := a.store.Update(ctx, func(tx inbox.Writer) error { return tx.PutMember(m) }); err != nil {
			return nil, err
		}
		token, err := a.hub.BeginSession(ctx, m, "127.0.0.1", "loadtest")
		if err != nil {
			return nil, err
		}
		sessions = append(sessions, token)
	}
	return sessions, nil
}

// asMember makes the requests of a page that a member has open.
type asMember struct {
	url    string // of the hub
	token  string
	client *http.Client
}

func (m asMember) get(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+"/api/v1"+path, nil)
	if err != nil {
		return nil, err
	}
	r.AddCookie(&http.Cookie{Name: "tongdai", Value: m.token})
	answer, err := m.client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close() // its status is the news
		return nil, fmt.Errorf("the hub answered %s with %s", path, answer.Status)
	}
	return answer, nil
}

// search returns the conversations that the desk's search shows first, and
// whether older messages are still being read into the index.
func (m asMember) search(ctx context.Context, words string) (found []inbox.ConversationID, partial bool, err error) {
	answer, err := m.get(ctx, "/search?"+url.Values{"q": {words}}.Encode())
	if err != nil {
		return nil, false, err
	}
	var page struct {
		Partial bool
		Found   []struct {
			Conversation struct{ ID inbox.ConversationID }
		}
	}
	err = errors.Join(json.NewDecoder(answer.Body).Decode(&page), answer.Body.Close())
	for _, f := range page.Found {
		found = append(found, f.Conversation.ID)
	}
	return found, page.Partial, err
}
