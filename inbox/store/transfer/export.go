package transfer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// ExportFormat names what Export writes. It changes when a reader of old
// exports would misread new ones.
const ExportFormat = "tongdai-export/1"

// ManifestFile is where an export says what is in it.
const ManifestFile = "manifest.json"

// Manifest tells what an export holds. It says nothing of when and where it was
// made: two exports of the same content are the same, byte for byte.
type Manifest struct {
	Format string         `json:"format"`
	Kinds  []ManifestKind `json:"kinds"`
}

// ManifestKind is one kind of an export.
type ManifestKind struct {
	Kind  Kind  `json:"kind"`
	Items int64 `json:"items"`
	// Stored is the digest over all that the store keeps of the kind, what the
	// file leaves out included; see Sum.
	Stored string `json:"stored"`
	File   string `json:"file,omitempty"` // empty: what the kind holds is for nobody's eyes
	Bytes  int64  `json:"bytes,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the file
}

// Export writes everything that a store keeps into an archive: a file of JSON
// Lines for each kind, in the order of the items, and the manifest. Hashes of
// passwords and the sessions of members are left out; the manifest's digests
// cover them. Source.Mark was called before; ErrChanged when the store was
// worked on meanwhile.
func Export(ctx context.Context, from Source, into Archive, tell Tell) (Manifest, error) {
	mark, err := from.Mark(ctx)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{Format: ExportFormat}
	for _, s := range shapes {
		k, err := exportKind(ctx, from, into, s, tell)
		if err != nil {
			return Manifest{}, err
		}
		m.Kinds = append(m.Kinds, k)
	}
	switch now, err := from.Mark(ctx); {
	case err != nil:
		return Manifest{}, err
	case now != mark:
		return Manifest{}, ErrChanged
	}
	return m, writeManifest(into, m)
}

func exportKind(ctx context.Context, from Source, into Archive, s shape, tell Tell) (ManifestKind, error) {
	if s.secret {
		sum, err := read(ctx, from, s, func(Item) error { return nil }, tell)
		return ManifestKind{Kind: s.kind, Items: sum.Items, Stored: hex.EncodeToString(sum.Digest[:])}, err
	}
	name := string(s.kind) + ".jsonl"
	file, err := into.Create(name)
	if err != nil {
		return ManifestKind{}, err
	}
	written := &countedFile{to: bufio.NewWriterSize(file, 1<<16)}
	hashed := sha256.New()
	var line bytes.Buffer
	sum, err := read(ctx, from, s, func(it Item) error {
		v, err := s.plain(it)
		if err != nil {
			return fmt.Errorf("source: %w", broken(s.kind, it, err))
		}
		line.Reset()
		if err := appendPlain(&line, v); err != nil {
			return err
		}
		line.WriteByte('\n')
		hashed.Write(line.Bytes())
		return written.write(line.Bytes())
	}, tell)
	if err == nil {
		err = written.to.Flush()
	}
	if err != nil {
		return ManifestKind{}, fmt.Errorf("export %s: %w", s.kind, err)
	}
	return ManifestKind{
		Kind: s.kind, Items: sum.Items, Stored: hex.EncodeToString(sum.Digest[:]),
		File: name, Bytes: written.size, SHA256: hex.EncodeToString(hashed.Sum(nil)),
	}, nil
}

type countedFile struct {
	to   *bufio.Writer
	size int64
}

func (f *countedFile) write(b []byte) error {
	n, err := f.to.Write(b)
	f.size += int64(n)
	return err
}

func writeManifest(into Archive, m Manifest) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	file, err := into.Create(ManifestFile)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, bytes.NewReader(append(b, '\n')))
	return err
}
