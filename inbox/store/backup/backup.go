// Package backup keeps everything a hub needs to begin again elsewhere in one
// file: what the store keeps, the attachments, the configuration.
//
// A backup is a ZIP file, so that anybody can look into it: manifest.json tells
// what is in it, store/KIND are the items of package transfer, media/ID the
// attachments, config/ the configuration. It may be encrypted with age
// (https://age-encryption.org/v1); only then it holds secrets as well. Write
// makes one from a moment of a store that goes on working; what it holds, Open
// reads as a transfer.Source, so that transfer.Move puts it into an empty store
// of either kind and compares both item by item. For returns from a backup the
// source is Held: it makes the new hub wait, before anything leaves, for a
// person who knows what has left since.
package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"tongdai/inbox/store/record"
	"tongdai/inbox/store/transfer"
)

// Format is the number of the format of backups that this program writes, and
// the highest that it reads.
const Format = 1

// Names within a backup.
const (
	manifestName = "manifest.json"
	storeFolder  = "store/"
	mediaFolder  = "media/"
	configFolder = "config/"
)

// Manifest tells what a backup holds.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // version of the program that wrote it
	At      time.Time `json:"at"`      // everything acknowledged before is in it
	Mark    string    `json:"mark"`    // of the store's moment
	// Key is the fingerprint of the installation's key: secrets in the store can
	// be opened with that key alone.
	Key    string         `json:"key"`
	Kinds  []ManifestKind `json:"kinds"`
	Files  []ManifestFile `json:"attachments"`
	Config []string       `json:"config"`
	// Missing are attachments that the store refers to and that were not there, or
	// damaged.
	Missing []string `json:"missing,omitempty"`
}

// ManifestKind is one kind of items.
type ManifestKind struct {
	Kind   transfer.Kind `json:"kind"`
	Items  int64         `json:"items"`
	SHA256 string        `json:"sha256"` // transfer.Sum
}

// ManifestFile is one attachment.
type ManifestFile struct {
	ID   string `json:"id"`   // the SHA-256 of its bytes, as in the media room
	Size int64  `json:"size"` // bytes
}

// Items is how many items of the store a backup holds.
func (m Manifest) Items() (n int64) {
	for _, k := range m.Kinds {
		n += k.Items
	}
	return n
}

// Bytes is how many bytes all attachments have.
func (m Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Parts are what a backup is made of.
type Parts struct {
	Store   transfer.Source
	Program string
	Key     string
	Now     time.Time
	// Attachment opens one; nil, nil when it is not there, or damaged.
	Attachment func(ctx context.Context, id string) (io.ReadCloser, error)
	// Config are files of the configuration by name.
	Config map[string][]byte
	// Tell hears how far it has come; nil: nobody does.
	Tell func(Progress)
}

// Progress is how far a backup, or a look at one, has come.
type Progress struct {
	Kind  transfer.Kind // empty: attachments
	Items int64         // of this kind, or attachments
	Done  bool
}

// Write makes a backup of p. Its error is transfer.ErrBroken when a record of
// the store is damaged: then the backup is of no use.
func Write(ctx context.Context, w io.Writer, p Parts) (m Manifest, err error) {
	if p.Tell == nil {
		p.Tell = func(Progress) {}
	}
	m = Manifest{Format: Format, Program: p.Program, At: p.Now.UTC(), Key: p.Key}
	if m.Mark, err = p.Store.Mark(ctx); err != nil {
		return m, err
	}
	b := &writing{Parts: p, zip: zip.NewWriter(w), files: map[string]bool{}}
	for _, kind := range transfer.Kinds() {
		sum, err := b.kind(ctx, kind)
		if err != nil {
			return m, err
		}
		m.Kinds = append(m.Kinds, sum)
	}
	// gofail: var backupHalf string
	// return m, errors.New(backupHalf)
	if m.Files, m.Missing, err = b.attachments(ctx); err != nil {
		return m, err
	}
	if m.Config, err = b.config(); err != nil {
		return m, err
	}
	return m, errors.Join(b.manifest(m), b.zip.Close())
}

type writing struct {
	Parts
	zip   *zip.Writer
	files map[string]bool // attachments that the items refer to
}

// kind writes the items of one kind: key and value, each after its length as a
// varint.
func (b *writing) kind(ctx context.Context, kind transfer.Kind) (ManifestKind, error) {
	into, err := b.zip.Create(storeFolder + string(kind))
	if err != nil {
		return ManifestKind{}, err
	}
	sum, n := transfer.NewSummer(), int64(0)
	var length []byte
	for it, err := range b.Store.Items(ctx, kind, nil) {
		if err == nil {
			err = transfer.Check(kind, it)
		}
		if err == nil {
			err = b.refers(kind, it)
		}
		if err != nil {
			return ManifestKind{}, fmt.Errorf("read %s: %w", kind, err)
		}
		sum.Add(it)
		for _, part := range [][]byte{it.Key, it.Value} {
			length = binary.AppendUvarint(length[:0], uint64(len(part)))
			if _, err := into.Write(length); err != nil {
				return ManifestKind{}, err
			}
			if _, err := into.Write(part); err != nil {
				return ManifestKind{}, err
			}
		}
		if n++; n%tellEvery == 0 {
			b.Tell(Progress{Kind: kind, Items: n})
		}
	}
	b.Tell(Progress{Kind: kind, Items: n, Done: true})
	s := sum.Sum(kind)
	return ManifestKind{Kind: kind, Items: s.Items, SHA256: hex.EncodeToString(s.Digest[:])}, ctx.Err()
}

// tellEvery is how many items go by between two words.
const tellEvery = 5000

// refers notes the attachments of a message and of an entry.
func (b *writing) refers(kind transfer.Kind, it transfer.Item) error {
	switch kind {
	case transfer.Messages:
		m, err := record.Messages.Decode(it.Value)
		for _, a := range m.Content.Attachments {
			b.files[a.ID] = true
		}
		return err
	case transfer.Entries:
		e, err := record.Entries.Decode(it.Value)
		for _, f := range e.Files {
			b.files[f.ID] = true
		}
		return err
	case transfer.Papers:
		p, err := record.Papers.Decode(it.Value)
		for _, id := range attachmentsIn(p.Body) {
			b.files[id] = true
		}
		return err
	}
	return nil
}

func (b *writing) attachments(ctx context.Context) (files []ManifestFile, missing []string, err error) {
	delete(b.files, "") // still with their platform
	for _, id := range slices.Sorted(maps.Keys(b.files)) {
		f, found, err := b.attachment(ctx, id)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("attachment %s: %w", id, err)
		case !found:
			missing = append(missing, id)
			continue
		}
		if files = append(files, f); len(files)%100 == 0 {
			b.Tell(Progress{Items: int64(len(files))})
		}
	}
	b.Tell(Progress{Items: int64(len(files)), Done: true})
	return files, missing, nil
}

func (b *writing) attachment(ctx context.Context, id string) (f ManifestFile, found bool, err error) {
	r, err := b.Attachment(ctx, id)
	if err != nil || r == nil {
		return f, false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	into, err := b.zip.CreateHeader(&zip.FileHeader{Name: mediaFolder + id, Method: zip.Store}) // pictures do not get smaller
	if err != nil {
		return f, false, err
	}
	size, err := io.Copy(into, r)
	return ManifestFile{ID: id, Size: size}, true, err
}

func (b *writing) config() ([]string, error) {
	names := slices.Sorted(maps.Keys(b.Config))
	for _, name := range names {
		into, err := b.zip.Create(configFolder + name)
		if err != nil {
			return nil, err
		}
		if _, err := into.Write(b.Config[name]); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func (b *writing) manifest(m Manifest) error {
	into, err := b.zip.Create(manifestName)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(into)
	enc.SetIndent("", "  ")
	return enc.Encode(m)
}

// attachmentsIn finds the ids of attachments that a thing on a shelf refers to:
// SHA-256 sums in hexadecimal, as the media room gives them. What only looks
// like one is not found there, and costs nothing.
func attachmentsIn(body []byte) (ids []string) {
	run := 0
	for i := 0; i <= len(body); i++ {
		if i < len(body) && (body[i] >= '0' && body[i] <= '9' || body[i] >= 'a' && body[i] <= 'f') {
			run++
			continue
		}
		if run == hex.EncodedLen(sha256.Size) {
			ids = append(ids, string(body[i-run:i]))
		}
		run = 0
	}
	return ids
}
