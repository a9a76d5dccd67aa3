package email

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/mail"
	"slices"
	"strings"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email/letter"
)

// A mailbox is a Bridge as well, where it is asked to be: a unit is told of a matter by
// letters to its address. They are one thread: the first is its root, all others answer
// that. What the unit answers comes to a signed address that names the thread and is good
// for a while; it arrives as any letter does, with Letter.Matter and Letter.Proven.
// postwords.go says what stands in these letters.

// Place implements connectors.Bridge: a unit reads where its letters go. One whose
// address is ours would have us answer ourselves.
func (c *Connector) Place(u connectors.Unit) (place connectors.RemoteID, name string, ok bool) {
	a, err := mail.ParseAddress(u.Mail)
	if !c.cfg.Departments || err != nil || isOwn(letter.Address{Address: a.Address}, c.own()) {
		return "", "", false
	}
	return connectors.RemoteID(strings.ToLower(a.Address)), a.Address, true
}

// Terse implements connectors.Bridge: nobody wants a letter for every word.
func (c *Connector) Terse() bool { return true }

// Post implements connectors.Bridge. Its errors are those of Send. Posted again, a
// letter has the same Message-ID, by which mailboxes mostly know it for a copy.
func (c *Connector) Post(ctx context.Context, p connectors.Post) (connectors.Posted, error) {
	if err := ctx.Err(); err != nil {
		return connectors.Posted{}, err
	}
	draft, err := c.posted(ctx, p)
	if err != nil {
		return connectors.Posted{}, err
	}
	if _, err := c.dispatch(ctx, draft); err != nil {
		return connectors.Posted{}, err
	}
	return connectors.Posted{Root: cmp.Or(p.Root, connectors.RemoteID(draft.MessageID))}, nil
}

// posted is the letter that tells p. It says that nobody's letter caused it, so that no
// program answers that its owner is away (RFC 3834, 2).
func (c *Connector) posted(ctx context.Context, p connectors.Post) (letter.Draft, error) {
	files, err := c.postFiles(ctx, p)
	if err != nil {
		return letter.Draft{}, err
	}
	words := wording{post: p, from: letter.Line(c.cfg.Name), now: c.now(), left: files.left}
	d := letter.Draft{
		From:      letter.Address{Name: c.cfg.Name, Address: c.cfg.Address},
		To:        []letter.Address{{Address: string(p.Place)}},
		Subject:   words.subject(),
		Answer:    p.Root != "",
		Date:      c.now(),
		MessageID: c.postID(p),
		Text:      words.text(),
		Signature: []string{words.from},
		Delimiter: p.Thread != "",
		Files:     files.with,
		Origin:    letter.AutoNote,
		Urgent:    p.Matter.Urgent,
		Key:       c.cfg.DKIM,
	}
	if p.Root != "" {
		d.InReplyTo, d.References = string(p.Root), []string{string(p.Root)}
	}
	if p.Thread == "" {
		return d, nil
	}
	address, err := c.reply.Address(p.Thread, c.now().Add(c.cfg.DepartmentsFor))
	if err != nil {
		return d, &connectors.Error{Kind: connectors.Permanent, Reason: "Không tạo được địa chỉ trả lời cho đơn vị.", Err: err}
	}
	d.ReplyTo = d.From
	d.ReplyTo.Address = address
	return d, nil
}

// enclosed are the files of a post: those that go with the letter, and those that do not.
type enclosed struct {
	with []letter.File
	left []content.Attachment
}

// postFiles takes files, the earliest first, as long as one letter carries them. What is
// not to be had any more does not keep the words from being sent.
func (c *Connector) postFiles(ctx context.Context, p connectors.Post) (all enclosed, err error) {
	room := c.cfg.MaxSend
	taken := map[string]bool{}
	for _, i := range p.Items {
		for _, a := range i.Files {
			if a.Kind == content.Original || taken[a.ID] {
				continue
			}
			if a.ID == "" || a.Size > room {
				all.left = append(all.left, a)
				continue
			}
			r, err := c.files.Read(ctx, a)
			if errors.Is(err, fs.ErrNotExist) {
				all.left = append(all.left, a)
				continue
			}
			if err != nil {
				return all, &unreadable{a.Name, err}
			}
			_ = r.Close() // only tried
			file, err := c.file(a)
			if err != nil {
				return all, err
			}
			taken[a.ID] = true
			room -= a.Size
			all.with = append(all.with, file)
		}
	}
	return all, nil
}

// A post's Message-ID names its thread, so that what a mail system reports of it is
// known to be about that.
const (
	postMark   = "p"
	postThread = 26 // characters, of 16 bytes
	postKey    = 16 // of the key's sum
)

// postID is the id of a post, the same for the same key.
func (c *Connector) postID(p connectors.Post) string {
	thread, err := hex.DecodeString(p.Thread)
	if err != nil || len(thread) != 16 {
		return c.messageID("post " + p.Key)
	}
	sum := sha256.Sum256([]byte(p.Key))
	name := postMark + lower32.EncodeToString(thread) + lower32.EncodeToString(sum[:10])
	return name + "." + c.sign(name) + "@" + c.domain
}

// threadNamed is the thread that the id of a letter of ours names, empty for none.
func threadNamed(id string) string {
	name, _, _ := strings.Cut(id, ".")
	rest, ok := strings.CutPrefix(name, postMark)
	if !ok || len(rest) != postThread+postKey {
		return ""
	}
	thread, err := lower32.DecodeString(rest[:postThread])
	if err != nil {
		return ""
	}
	return hex.EncodeToString(thread)
}

// about reports whether some item is of that kind and, of an outcome, in one of those states.
func about(p connectors.Post, kind connectors.ItemKind, states ...connectors.OutcomeState) bool {
	return slices.ContainsFunc(p.Items, func(i connectors.Item) bool {
		return i.Kind == kind && (len(states) == 0 || slices.Contains(states, i.State))
	})
}
