package transfer_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongdai/inbox/store/transfer"
)

func TestAnExportTellsWhatIsInItAndNoSecrets(t *testing.T) {
	files := exported(t, filled(t, file(t), 1))
	var m transfer.Manifest
	if err := json.Unmarshal([]byte(files[transfer.ManifestFile]), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Kinds) != len(transfer.Kinds()) || m.Format != transfer.ExportFormat {
		t.Errorf("the manifest tells of %d kinds in %q", len(m.Kinds), m.Format)
	}
	listed := 1 // the manifest
	for _, k := range m.Kinds {
		if k.Items == 0 {
			t.Errorf("the store has no %s; fill it", k.Kind)
		}
		if k.File == "" {
			continue
		}
		listed++
		content, sum := files[k.File], sha256.Sum256([]byte(files[k.File]))
		if int64(len(content)) != k.Bytes || hex.EncodeToString(sum[:]) != k.SHA256 || int64(strings.Count(content, "\n")) != k.Items {
			t.Errorf("%s is not as the manifest tells", k.File)
		}
		for line := range strings.Lines(content) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%s: no JSON: %.200s", k.File, line)
			}
		}
		for _, secret := range []string{"argon2id", "the-token-hash", "sealed-token"} {
			if strings.Contains(content, secret) {
				t.Errorf("%s tells %s", k.File, secret)
			}
		}
	}
	if listed != len(files) {
		t.Errorf("%d files, the manifest tells of %d", len(files), listed)
	}
}

func TestWhatAnExportLeavesOutChangesItsDigest(t *testing.T) {
	a, b := file(t), file(t)
	filled(t, a, 0)
	filled(t, b, 0)
	if x, y := exported(t, a)[transfer.ManifestFile], exported(t, b)[transfer.ManifestFile]; x != y {
		t.Error("two stores with the same content have different manifests")
	}
	s := b.open(t)
	fillSecret(t, s, "another token")
	closing(t, s)
	if x, y := exported(t, a)[transfer.ManifestFile], exported(t, b)[transfer.ManifestFile]; x == y {
		t.Error("another secret does not show in the manifest")
	}
}

func TestAnArchiveHoldsWhatAFolderHolds(t *testing.T) {
	from := filled(t, file(t), 1)
	want := exported(t, from)
	source, err := from.source(t)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, source)
	path := filepath.Join(t.TempDir(), "all.zip")
	into, err := transfer.CreateArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transfer.Export(t.Context(), source, into, quiet)
	if err := errors.Join(err, into.Commit(), into.Discard()); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, z)
	got := make(map[string]string)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name] = string(b)
	}
	same(t, "the archive", got, want)
}

func TestAnArchiveIsThereAsAWholeOrNotAtAll(t *testing.T) {
	for _, name := range []string{"folder", "all.zip"} {
		t.Run(name, func(t *testing.T) {
			around := t.TempDir()
			path := filepath.Join(around, name)
			for range 2 { // what the first has left does not hinder the second
				a, err := transfer.CreateArchive(path)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := a.Create("one"); err != nil {
					t.Fatal(err)
				}
				if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
					t.Error("a half of it is there")
				}
			}
			a, err := transfer.CreateArchive(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Discard(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(around); len(left) > 0 || err != nil {
				t.Errorf("left behind: %v, %v", left, err)
			}
			if a, err = transfer.CreateArchive(path); err != nil {
				t.Fatal(err)
			}
			if err := a.Commit(); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("others may read it: %v, %v", info.Mode(), err)
			}
			if _, err := transfer.CreateArchive(path); !errors.Is(err, fs.ErrExist) {
				t.Errorf("over an existing one = %v", err)
			}
		})
	}
}
