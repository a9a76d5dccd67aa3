// Package packed serves files of the binary compressed once and as well as gzip
// can: what every first view waits for is worth more than what can be done while
// the caller waits.
package packed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// File is content that never changes.
type File struct {
	plain []byte
	tag   string
	pack  func() []byte // nil where it is not shorter
}

// New makes a File. It is compressed when it is first asked for.
func New(content []byte) *File {
	sum := sha256.Sum256(content)
	return &File{
		plain: content, tag: hex.EncodeToString(sum[:16]),
		pack: sync.OnceValue(func() []byte { return pack(content) }),
	}
}

func pack(content []byte) []byte {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(content); err != nil || w.Close() != nil || packed.Len() >= len(content) {
		return nil
	}
	return packed.Bytes()
}

// ServeHTTP answers with the content, compressed for whoever takes gzip. The
// Content-Type is the caller's to set.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if packed := f.pack(); packed != nil && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"`+f.tag+`-gzip"`) // RFC 9110, 8.8.3.3: another encoding is another representation
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed))
		return
	}
	h.Set("ETag", `"`+f.tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.plain))
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3). A range is of the plain
// content: whoever resumes a download began it so.
func takesGzip(r *http.Request) bool {
	if r.Header.Get("Range") != "" {
		return false
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
		if (coding == "gzip" || coding == "*") && strings.Trim(weight, " q=0.") != "" || coding == "gzip" && weight == "" {
			return true
		}
	}
	return false
}
