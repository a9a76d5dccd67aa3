package email

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/emersion/go-imap/v2"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email/letter"
)

// Pictures of a page are within it, as far as they fit: a frame without scripts asks
// us for nothing, and needs no leave to.
const (
	pictureMost  = 2 << 20
	picturesMost = 6 << 20
)

// pictures takes the pictures of a letter while it is read.
type pictures struct {
	data  []string // as addresses; "" for what is no picture
	bytes int
}

// keep is a letter.Keep that remembers pictures.
func (p *pictures) keep(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, pictureMost+1))
	if err != nil {
		return content.Attachment{}, err
	}
	address := ""
	kind := http.DetectContentType(b.Bytes())
	shown := slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, kind)
	if shown && n <= pictureMost && p.bytes+b.Len() <= picturesMost {
		p.bytes += b.Len()
		address = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b.Bytes())
	}
	p.data = append(p.data, address)
	return content.Attachment{ID: fmt.Sprint(len(p.data)), Name: name, Type: kind, Size: n}, nil
}

// address is a letter.View's Picture.
func (p *pictures) address(_ int, a letter.Attachment) string {
	for i, data := range p.data {
		if a.ID == fmt.Sprint(i+1) {
			return data
		}
	}
	return ""
}

// again fetches a letter that lies in the quarantine unread.
func (c *Connector) again(ctx context.Context, at place) ([]connectors.Inbound, error) {
	b, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer b.leave()
	var selected *imap.SelectData
	err = b.ask(func() (err error) {
		selected, err = b.client.Select(at.Mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the folder %q: %w", at.Mailbox, err)
	}
	if selected.UIDValidity != at.Validity {
		return nil, errGone
	}
	s := &session{Connector: c, box: b, progress: newProgress(bookmark{}), validity: at.Validity}
	var all []connectors.Inbound
	found := false
	err = s.bodies(ctx, []listed{{at.UID, at.Arrived, at.Size}}, func(f *fetched, broken error) {
		found = true
		if err = broken; err == nil {
			var a *arrival
			if a, err = s.read(ctx, f); err == nil {
				all = a.in
			}
		}
	})
	if err == nil && !found {
		err = errGone
	}
	return all, err
}

// errGone tells the member who asks for it.
var errGone = &connectors.Error{Kind: connectors.Permanent, Reason: "Thư không còn ở chỗ cũ trong hộp thư."}
