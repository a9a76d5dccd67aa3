package inbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// lender is a platform that hands files over by reference.
type lender struct {
	*platform
	fetch func(ctx context.Context, n int, a content.Attachment) (content.Attachment, error)
	asked []time.Time
}

func (l *lender) Fetch(ctx context.Context, a content.Attachment) (content.Attachment, error) {
	l.asked = append(l.asked, time.Now())
	return l.fetch(ctx, len(l.asked), a)
}

func TestFilesAreFetchedFromTheirPlatform(t *testing.T) {
	fetched := func(a content.Attachment) (content.Attachment, error) {
		return content.Attachment{ID: "file-1", Kind: a.Kind, Name: "anh.jpg", Type: "image/jpeg", Size: 7}, nil
	}
	for _, tt := range []struct {
		name    string
		fetch   func(ctx context.Context, n int, a content.Attachment) (content.Attachment, error)
		asked   int
		id      string
		problem bool
	}{
		{"at once", func(_ context.Context, _ int, a content.Attachment) (content.Attachment, error) { return fetched(a) }, 1, "file-1", false},
		{"at the third try", func(_ context.Context, n int, a content.Attachment) (content.Attachment, error) {
			if n < 3 {
				return content.Attachment{}, errors.New("connection reset")
			}
			return fetched(a)
		}, 3, "file-1", false},
		{"not once it is gone, and people are told", func(context.Context, int, content.Attachment) (content.Attachment, error) {
			return content.Attachment{}, &connectors.Error{Kind: connectors.Permanent, Reason: "Tệp đã hết hạn."}
		}, 1, "", true},
		{"not for ever, and people are told", func(context.Context, int, content.Attachment) (content.Attachment, error) {
			return content.Attachment{}, errors.New("connection reset")
		}, 6, "", true},
		{"as long as it takes and no longer", func(ctx context.Context, n int, a content.Attachment) (content.Attachment, error) {
			if n == 1 {
				<-ctx.Done()
				return content.Attachment{}, ctx.Err()
			}
			return fetched(a)
		}, 2, "file-1", false},
		{"though the connector stumbles", func(_ context.Context, n int, a content.Attachment) (content.Attachment, error) {
			if n == 1 {
				panic("index out of range")
			}
			return fetched(a)
		}, 2, "file-1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				l := &lender{platform: r.platform, fetch: tt.fetch}
				r.stop()
				r.connect(l, r.chat)
				r.start()
				in := inbound("u1", "k1", "ảnh đây")
				in.Content.Attachments = []content.Attachment{{Kind: content.Picture, Name: "b.jpg", Source: "https://p.example/b.jpg"}}
				r.reports(in)
				r.pass(3 * time.Hour)
				a := r.messages(r.live(zalo, "u1").ID)[0].Content.Attachments[0]
				if a.ID != tt.id || (a.Problem != "") != tt.problem || len(l.asked) != tt.asked || a.Kind != content.Picture {
					t.Errorf("after %d tries, want %d, the file is %+v", len(l.asked), tt.asked, a)
				}
			})
		})
	}
}

func TestAFileThatNoConnectorCanFetchIsTold(t *testing.T) {
	inTime(t, func(r *rig) {
		in := inbound("u1", "k1", "")
		in.Content.Attachments = []content.Attachment{{Source: "https://p.example/b.jpg"}}
		r.reports(in)
		if a := r.messages(r.live(zalo, "u1").ID)[0].Content.Attachments[0]; a.Problem == "" {
			t.Errorf("the file is %+v", a)
		}
	})
}

func TestAFetchedFileIsToldToThoseWhoWatch(t *testing.T) {
	inTime(t, func(r *rig) {
		release := make(chan struct{})
		l := &lender{platform: r.platform, fetch: func(_ context.Context, _ int, a content.Attachment) (content.Attachment, error) {
			<-release
			return content.Attachment{ID: "file-1", Name: a.Name}, nil
		}}
		r.stop()
		r.connect(l, r.chat)
		r.start()
		in := inbound("u1", "k1", "ảnh đây")
		in.Content.Attachments = []content.Attachment{{Name: "b.jpg", Source: "https://p.example/b.jpg"}}
		r.reports(in)
		after := r.hub.Feed().Last()
		close(release)
		r.settle()
		ctx, cancel := context.WithCancel(r.ctx())
		defer cancel()
		for h, err := range r.hub.Feed().Watch(ctx, after) {
			if err != nil || h.Kind != inbox.MessageChanged || h.Msg != 1 {
				t.Errorf("told is %s of message %d, %v", h.Kind, h.Msg, err)
			}
			break
		}
	})
}
