package inbox

import (
	"context"
	"slices"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Platforms hand files over by reference, and the references expire. A message
// is kept as soon as it arrives, with its references; a task of its own fetches
// the files then, so that nobody's acknowledgement waits for a video.

const (
	// fetchTime is how long one file may take: 25 MB at 500 kB/s. fetchAllTime is
	// for all files of a message, and fetchClaim is longer than that.
	fetchTime    = 50 * time.Second
	fetchAllTime = 3 * fetchTime
	fetchClaim   = fetchAllTime + time.Minute
	// fetchAttempts is how often it is tried, over three quarters of an hour.
	fetchAttempts = 6
)

// awaitsFile reports whether a still lies with its platform.
func awaitsFile(a content.Attachment) bool { return a.ID == "" && a.Source != "" && a.Problem == "" }

// fetchLater has the files of m fetched, if it has any.
func fetchLater(tx Writer, m Message, now time.Time) error {
	if !slices.ContainsFunc(m.Content.Attachments, awaitsFile) {
		return nil
	}
	return tx.Enqueue(Task{ID: newID(), Kind: Fetches, Group: string(m.ID), Ref: string(m.ID), Due: now})
}

// fetch gets the files of one message from its platform.
func (h *Hub) fetch(ctx context.Context, claim Claim) error {
	var m Message
	var channel connectors.ChannelID
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if m, err = tx.Message(MessageID(claim.Task.Ref)); err != nil {
			return err
		}
		c, err := tx.Conversation(m.Conversation)
		channel = c.Channel
		return err
	})
	if err != nil {
		return err
	}
	fetcher, _ := h.connectors[channel].(connectors.Fetcher)
	fetching, cancel := context.WithTimeout(ctx, fetchAllTime)
	defer cancel()
	last := claim.Task.Attempts+1 >= fetchAttempts
	got := map[string]content.Attachment{} // by source
	for _, a := range m.Content.Attachments {
		if awaitsFile(a) {
			got[a.Source] = h.fetchOne(fetching, fetcher, a, last)
		}
	}
	return h.putFetched(ctx, claim, m.ID, got)
}

// fetchOne returns a with its file, with the problem that there is, or as it was
// when another try may help.
func (h *Hub) fetchOne(ctx context.Context, fetcher connectors.Fetcher, a content.Attachment, last bool) content.Attachment {
	if fetcher == nil {
		a.Problem = "Kênh này không còn tải được tệp của người dân."
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	fetched := a
	err := guarded(func() (err error) {
		fetched, err = fetcher.Fetch(ctx, a)
		return err
	})
	switch {
	case err == nil:
		return fetched
	case connectors.KindOf(err) == connectors.Permanent:
		a.Problem = "Kênh không còn giữ tệp này."
		if reason := connectors.ReasonOf(err); reason != "" {
			a.Problem = reason
		}
	case last:
		a.Problem = "Đã nhiều lần không tải được tệp này từ kênh; nếu cần, hãy nhờ người dân gửi lại."
	}
	h.log.WarnContext(ctx, "a citizen's file could not be fetched", "kind", connectors.KindOf(err).String(), "given_up", a.Problem != "", "err", err)
	return a
}

// putFetched puts files into their message, and tells it. What is still
// missing is tried again later.
func (h *Hub) putFetched(ctx context.Context, claim Claim, id MessageID, got map[string]content.Attachment) error {
	return h.store.Update(ctx, func(tx Writer) error {
		now := h.store.Now()
		m, err := tx.Message(id)
		if err != nil {
			return err
		}
		missing, changed := false, false
		files := slices.Clone(m.Content.Attachments)
		for i, a := range files {
			fetched, asked := got[a.Source]
			if !awaitsFile(a) || !asked {
				continue
			}
			files[i] = fetched
			missing = missing || awaitsFile(fetched)
			changed = changed || !awaitsFile(fetched)
		}
		if missing {
			err = tx.Postpone(claim, now.Add(backoff(claim.Task.Attempts+1)))
		} else {
			err = tx.Finish(claim)
		}
		if err != nil || !changed {
			return err
		}
		m.Content.Attachments = files
		if err := tx.PutMessage(m); err != nil {
			return err
		}
		c, err := tx.Conversation(m.Conversation)
		if err != nil {
			return err
		}
		return tx.AppendEvent(messageEvent(MessageChanged, c, m, now))
	})
}
