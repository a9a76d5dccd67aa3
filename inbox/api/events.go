package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// pace is how often a live stream does something by itself.
type pace struct {
	beat  time.Duration // a comment, which keeps proxies from closing the stream
	check time.Duration // whether the session still holds: within 5 s of its end the stream ends
}

var steady = pace{beat: 20 * time.Second, check: 4 * time.Second}

// writeAllowed is how long a reader may take nothing before being let go, to
// resume by number.
const writeAllowed = 15 * time.Second

// followEvents streams what happens to whatever the member may see.
func (s *Server) followEvents(c echo.Context) error {
	ctx := c.Request().Context()
	if !actorOf(ctx).May(inbox.SeeConversation) {
		return inbox.ErrForbidden
	}
	after, err := s.resumeAt(c)
	if err != nil {
		return err
	}
	if err := s.Hub.Feed().Kept(ctx, after); err != nil {
		return err
	}
	stream := newStream(c.Response())
	stream.open()
	err = s.pump(ctx, stream, after)
	if ctx.Err() == nil && !errors.Is(err, errStreamClosed) {
		s.Log.WarnContext(ctx, "an event stream broke off; its reader resumes by number", "err", err)
	}
	return nil
}

// errStreamClosed ends a stream that nobody reads, or nobody may read, any more.
var errStreamClosed = errors.New("api: event stream closed")

// pump passes on what happens until the reader or the session is gone.
func (s *Server) pump(ctx context.Context, stream *stream, after inbox.Seq) error {
	who := callerOf(ctx)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	happenings := channelOf(ctx, s.Hub.Feed().Watch(ctx, after))
	beat, check := time.NewTicker(s.pace.beat), time.NewTicker(s.pace.check)
	defer beat.Stop()
	defer check.Stop()
	for {
		select {
		case next := <-happenings:
			if next.err != nil {
				return next.err
			}
			if s.sendHappening(stream, who.actor, next.Happening) != nil {
				return errStreamClosed
			}
		case <-check.C:
			// The session may have ended, or the rights changed, since the last look.
			actor, err := s.recognise(ctx, who, false)
			if err != nil {
				return errStreamClosed
			}
			who.actor = actor
		case <-beat.C:
			if stream.comment() != nil {
				return errStreamClosed
			}
		case <-s.closed:
			return errStreamClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type watched struct {
	inbox.Happening
	err error
}

// channelOf lets what a feed yields be waited for together with other things,
// until ctx ends.
func channelOf(ctx context.Context, feed iter.Seq2[inbox.Happening, error]) <-chan watched {
	out := make(chan watched)
	go func() {
		for h, err := range feed {
			select {
			case out <- watched{h, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// resumeAt returns the number after which the caller wants events: the browser's
// own memory of an interrupted stream, else what the page asks for, else now.
func (s *Server) resumeAt(c echo.Context) (inbox.Seq, error) {
	text := c.Request().Header.Get("Last-Event-ID")
	if text == "" {
		text = c.QueryParam("after")
	}
	if text == "" {
		return s.Hub.Feed().Last(), nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, inbox.Invalid{{Field: "after", Message: "Số sự kiện không đúng."}}
	}
	return inbox.Seq(n), nil
}

// sendHappening writes h as far as actor may know of it. Events that are not
// for him are passed over, so numbers he sees may have gaps.
func (s *Server) sendHappening(stream *stream, actor inbox.Actor, h inbox.Happening) error {
	event := gen.LiveEvent{Kind: gen.LiveEventKind(h.Kind)}
	h, hearing := actor.Hear(h)
	switch hearing {
	case inbox.HearsOf:
	case inbox.HearsAll:
		event.Conversation = toConversation(h.Row)
		event.Message, event.Seq = string(h.Message), int64(h.Msg)
	case inbox.HearsItGo:
		event.Gone = string(h.Conversation)
	default:
		return nil
	}
	if h.Kind == inbox.MemberPresent {
		event.Member, event.Doing = string(h.Member), gen.Doing(h.Detail)
	}
	data, err := json.Marshal(event)
	if err != nil {
		return err
	}
	return stream.send(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", h.Seq, h.Kind, data))
}

// stream writes server-sent events (WHATWG HTML, 9.2).
type stream struct {
	w       *echo.Response
	control *http.ResponseController
}

func newStream(w *echo.Response) *stream {
	return &stream{w: w, control: http.NewResponseController(w)}
}

func (s *stream) open() {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	s.w.WriteHeader(http.StatusOK)
	_ = s.comment() // a reader who is gone already is noticed at the next write
}

func (s *stream) comment() error { return s.send(":\n\n") }

func (s *stream) send(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeAllowed)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
