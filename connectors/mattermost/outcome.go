package mattermost

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
)

// signs show what became of what somebody wrote. One at a time is on a post.
var signs = map[connectors.OutcomeState]string{
	connectors.Done:       "ballot_box_with_check",
	connectors.OnItsWay:   "hourglass_flowing_sand",
	connectors.Reached:    "white_check_mark",
	connectors.Arrived:    "heavy_check_mark",
	connectors.NotReached: "x",
	connectors.Refused:    "no_entry_sign",
}

// outcome puts the sign of it on what somebody did and, where it failed, says why.
// What was said in a dialog bears it once it stands in the thread, which may be after
// the hub has done it.
func (t *posting) outcome(ctx context.Context, key string, item connectors.Item) error {
	if _, soon := t.showing.Load(item.About); soon {
		return &connectors.Error{Kind: connectors.Retryable, Err: errNotThere}
	}
	if about := t.postOf(item.About); about != "" && signs[item.State] != "" {
		if err := t.sign(ctx, about, signs[item.State]); err != nil {
			return err
		}
	}
	switch item.State {
	case connectors.NotReached:
		return t.parts(ctx, key, t.root, ":warning: ", cmp.Or(item.Text, "Chưa gửi được tới người dân."), literal, nil)
	case connectors.Refused:
		return t.parts(ctx, key, t.root, ":no_entry_sign: ", cmp.Or(item.Text, "Tổng đài không thực hiện được việc này."), literal, nil)
	}
	return nil
}

var errNotThere = errors.New("mattermost: what this is about is only on its way into the thread")

// postOf is the post that About names: one that somebody wrote or, of what was said
// in a dialog, ours that shows it. "": there is none, as of a button.
func (t *posting) postOf(about connectors.RemoteID) string {
	if model.IsValidId(string(about)) {
		return string(about)
	}
	return t.there[string(about)]
}

// sign leaves one sign of ours on a post. That the post is no more is no failure.
func (t *posting) sign(ctx context.Context, post, name string) error {
	all, err := t.api.reactions(ctx, post)
	if vanished(err) {
		return nil
	}
	if err != nil {
		return err
	}
	there := false
	for _, r := range all {
		if r.UserId != t.self || !isSign(r.EmojiName) {
			continue
		}
		if r.EmojiName == name {
			there = true
			continue
		}
		if err := t.api.unreact(ctx, r); err != nil && !vanished(err) {
			return err
		}
	}
	if there {
		return nil
	}
	err = t.api.react(ctx, &model.Reaction{UserId: t.self, PostId: post, EmojiName: name})
	if vanished(err) {
		return nil
	}
	return err
}

// vanished: the server answers of a deleted post as of one that we may not see.
func vanished(err error) bool {
	s := status(err)
	return s == http.StatusNotFound || s == http.StatusForbidden || s == http.StatusBadRequest
}

func isSign(name string) bool {
	for _, sign := range signs {
		if strings.EqualFold(sign, name) {
			return true
		}
	}
	return false
}
