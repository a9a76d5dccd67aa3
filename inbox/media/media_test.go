package media_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox/media"
)

func open(t *testing.T, options media.Options) (*media.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "attachments")
	store, err := media.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	return store, dir
}

func put(t *testing.T, store *media.Store, name string, data []byte) content.Attachment {
	t.Helper()
	a, err := store.Put(t.Context(), name, bytes.NewReader(data))
	if err != nil {
		t.Fatalf("Put(%s) = %v", name, err)
	}
	return a
}

// encoded returns what encode writes.
func encoded(t *testing.T, encode func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func picture(t *testing.T) []byte {
	return encoded(t, func(w io.Writer) error { return png.Encode(w, image.NewGray(image.Rect(0, 0, 4, 3))) })
}

func zipped(t *testing.T, names ...string) []byte {
	return encoded(t, func(w io.Writer) error {
		archive := zip.NewWriter(w)
		for _, name := range names {
			if _, err := archive.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store}); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

// odt is a ZIP whose first file is the type itself, unpacked.
func odt(t *testing.T) []byte {
	mime := []byte("application/vnd.oasis.opendocument.text")
	return encoded(t, func(w io.Writer) error {
		archive := zip.NewWriter(w)
		file, err := archive.CreateRaw(&zip.FileHeader{
			Name: "mimetype", Method: zip.Store, CRC32: crc32.ChecksumIEEE(mime),
			CompressedSize64: uint64(len(mime)), UncompressedSize64: uint64(len(mime)),
		})
		if err != nil {
			return err
		}
		if _, err := file.Write(mime); err != nil {
			return err
		}
		return archive.Close()
	})
}

// hugePNG says in its header that it is 50,000 by 50,000.
func hugePNG() []byte {
	header := []byte("IHDR\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x00\x00\x00\x00")
	data := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(header))
}

func webp(width, height int) []byte {
	data := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00")
	for _, n := range []int{width - 1, height - 1} {
		data = append(data, byte(n), byte(n>>8), byte(n>>16))
	}
	return data
}

func TestTypesComeFromTheContent(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 4, 3))
	tests := []struct {
		name, file, wantType, wantName string
		data                           []byte
	}{
		{"JPEG", "ảnh.JPG", "image/jpeg", "ảnh.JPG", encoded(t, func(w io.Writer) error { return jpeg.Encode(w, gray, nil) })},
		{"PNG", "a.png", "image/png", "a.png", picture(t)},
		{"GIF", "a.gif", "image/gif", "a.gif", encoded(t, func(w io.Writer) error { return gif.Encode(w, gray, nil) })},
		{"WebP", "a.webp", "image/webp", "a.webp", webp(400, 300)},
		{"HEIC", "IMG_1.HEIC", "image/heic", "IMG_1.HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic....ispe\x00\x00\x00\x00\x00\x00\x0f\xc0\x00\x00\x0b\xd0")},
		{"PDF", "đơn.pdf", "application/pdf", "đơn.pdf", []byte("%PDF-1.7\n...")},
		{"Word", "đơn.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "đơn.docx", zipped(t, "[Content_Types].xml", "word/document.xml")},
		{"Excel", "b.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "b.xlsx", zipped(t, "[Content_Types].xml", "xl/workbook.xml")},
		{"OpenDocument", "c.odt", "application/vnd.oasis.opendocument.text", "c.odt", odt(t)},
		{"text", "ghi chú.txt", "text/plain; charset=utf-8", "ghi chú.txt", []byte("Kính gửi tổng đài")},
		{"a text cut within a character", "dai.txt", "text/plain; charset=utf-8", "dai.txt", []byte("a" + strings.Repeat("ế", 40000))},
		{"video", "v.mp4", "video/mp4", "v.mp4", []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42")},
		{"recording of a phone", "g.m4a", "audio/mp4", "g.m4a", []byte("\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00isommp42")},
		{"MP3 with tags", "g.mp3", "audio/mpeg", "g.mp3", []byte("ID3\x04\x00\x00\x00\x00\x00\x00")},
		{"MP3 without", "g.mp3", "audio/mpeg", "g.mp3", []byte("\xff\xfb\x90\x64\x00\x00")},
		{"OGG", "g.ogg", "audio/ogg", "g.ogg", []byte("OggS\x00\x02")},
		{"AMR", "thoai.amr", "audio/amr", "thoai.amr", []byte("#!AMR\n\x3c\x08")},
		{"wide AMR", "thoai", "audio/amr-wb", "thoai.awb", []byte("#!AMR-WB\n\x44")},
		{"a picture that calls itself a program", "x.exe", "image/png", "x.exe.png", picture(t)},
		{"a picture that calls itself a page", "x.html", "image/png", "x.html.png", picture(t)},
	}
	store, _ := open(t, media.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := put(t, store, tt.file, tt.data)
			if a.Type != tt.wantType || a.Name != tt.wantName || a.Size != int64(len(tt.data)) {
				t.Errorf("Put = %+v, want %s, %s", a, tt.wantType, tt.wantName)
			}
			file, info, err := store.Open(t.Context(), a.ID)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			kept, err := io.ReadAll(file)
			if err != nil || !bytes.Equal(kept, tt.data) || info.Type != tt.wantType || info.Size != a.Size {
				t.Errorf("Open = %d bytes, %+v, %v", len(kept), info, err)
			}
		})
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	tests := []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"HTML", []byte("<!DOCTYPE html><script>alert(1)</script>")},
		{"HTML after words", []byte("xin chào <script>alert(1)</script>")},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)},
		{"SVG as XML", []byte(`<?xml version="1.0"?><svg/>`)},
		{"a program", []byte("MZ\x90\x00\x03\x00\x00\x00")},
		{"an ELF program", []byte("\x7fELF\x02\x01\x01\x00")},
		{"a ZIP", zipped(t, "a.txt")},
		{"a ZIP that is cut off", zipped(t, "word/document.xml")[:40]},
		{"Word with macros", zipped(t, "word/document.xml", "word/vbaProject.bin")},
		{"a picture of 50,000 by 50,000", hugePNG()},
		{"a WebP of 16 million by 2", webp(1<<24, 2)},
		{"a PNG without a header", []byte("\x89PNG\r\n\x1a\nabc")},
		{"bytes that mean nothing", []byte{0, 1, 2, 3}},
		{"text in UTF-16", []byte("\xff\xfea\x00b\x00")},
		{"larger than allowed", bytes.Repeat([]byte("a"), 1<<20+1)},
	}
	store, dir := open(t, media.Options{MaxSize: 1 << 20})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := store.Put(t.Context(), "a", bytes.NewReader(tt.data))
			if connectors.KindOf(err) != connectors.Permanent || connectors.ReasonOf(err) == "" {
				t.Errorf("Put = %v, want refused with a reason", err)
			}
		})
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWhatFailsLeavesNothing(t *testing.T) {
	store, dir := open(t, media.Options{})
	broken := errors.New("connection lost")
	_, err := store.Put(t.Context(), "a.txt", io.MultiReader(strings.NewReader("abc"), &failing{broken}))
	if !errors.Is(err, broken) {
		t.Errorf("Put = %v, want the reader's error", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Put(ended, "a.txt", strings.NewReader("abc")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put = %v, want cancelled", err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestScannerIsAsked(t *testing.T) {
	eicar := []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)
	store, _ := open(t, media.Options{Scan: func(_ context.Context, file io.Reader) error {
		data, err := io.ReadAll(file)
		if err == nil && bytes.Equal(data, eicar) {
			err = errors.New("Eicar-Test-Signature")
		}
		return err
	}})
	if _, err := store.Put(t.Context(), "a.txt", bytes.NewReader(eicar)); connectors.KindOf(err) != connectors.Permanent || connectors.ReasonOf(err) == "" {
		t.Errorf("Put = %v, want refused", err)
	}
	put(t, store, "b.txt", []byte("lành"))
}

func TestTheSameFileIsKeptOnce(t *testing.T) {
	store, dir := open(t, media.Options{})
	first, second := put(t, store, "a.txt", []byte("một")), put(t, store, "b.txt", []byte("một"))
	if first.ID != second.ID || second.Name != "b.txt" {
		t.Errorf("kept as %+v and %+v", first, second)
	}
	if kept := files(t, dir); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
}

func TestNames(t *testing.T) {
	store, _ := open(t, media.Options{})
	long := strings.Repeat("ế", 300)
	for name, want := range map[string]string{
		"../../etc/passwd":       "passwd.txt",
		`C:\Users\a\đơn.txt`:     "đơn.txt",
		"":                       "tệp đính kèm.txt",
		"...":                    "tệp đính kèm.txt",
		"con.txt":                "tệp đính kèm.txt",
		"LPT1":                   "tệp đính kèm.txt",
		"a\u202etxt.exe":         "atxt.exe.txt",
		"a\r\nSet-Cookie: x.txt": "aSet-Cookie_ x.txt",
		"a\xff\x00b.txt":         "ab.txt",
		"tie\u0302\u0301ng.txt":  "ti\u1ebfng.txt",
		`"><img src=x>.txt`:      "___img src=x_.txt",
		long + ".txt":            strings.Repeat("ế", 100) + ".txt",
		"báo cáo tháng 11.csv":   "báo cáo tháng 11.csv",
		"dấu cách cuối   .txt":   "dấu cách cuối.txt",
	} {
		if got := put(t, store, name, []byte("chữ")).Name; got != want {
			t.Errorf("name of %q = %q, want %q", name, got, want)
		}
	}
}

func TestOpenOfWhatIsNotKept(t *testing.T) {
	store, dir := open(t, media.Options{})
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "x", "../secret", strings.Repeat("a", 64), strings.Repeat("A", 64), strings.Repeat("/", 64)} {
		if _, _, err := store.Open(t.Context(), id); !errors.Is(err, media.ErrNotFound) {
			t.Errorf("Open(%q) = %v, want not found", id, err)
		}
	}
}

func TestServe(t *testing.T) {
	store, _ := open(t, media.Options{})
	serve := func(a content.Attachment, headers map[string]string) *httptest.ResponseRecorder {
		request := httptest.NewRequest("GET", "/", nil)
		for k, v := range headers {
			request.Header.Set(k, v)
		}
		recorder := httptest.NewRecorder()
		store.Serve(recorder, request, a)
		return recorder
	}
	pdf := put(t, store, `đơn "mới".pdf`, []byte("%PDF-1.7 nội dung"))
	recorder := serve(pdf, nil)
	h := recorder.Header()
	if got, want := h.Get("Content-Disposition"), `attachment; filename="don _moi_.pdf"; filename*=UTF-8''%C4%91%C6%A1n%20_m%E1%BB%9Bi_.pdf`; got != want {
		t.Errorf("Content-Disposition = %s\nwant %s", got, want)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Content-Type") != "application/pdf" {
		t.Errorf("headers = %v", h)
	}
	if recorder := serve(pdf, map[string]string{"Range": "bytes=0-3"}); recorder.Code != http.StatusPartialContent || recorder.Body.String() != "%PDF" {
		t.Errorf("a range = %d %q", recorder.Code, recorder.Body)
	}
	if recorder := serve(pdf, map[string]string{"If-None-Match": `"` + pdf.ID + `"`}); recorder.Code != http.StatusNotModified {
		t.Errorf("the same again = %d", recorder.Code)
	}
	if got := serve(put(t, store, "a.png", picture(t)), nil).Header().Get("Content-Disposition"); !strings.HasPrefix(got, "inline; ") {
		t.Errorf("a picture is %s", got)
	}
	if recorder := serve(content.Attachment{ID: strings.Repeat("0", 64)}, nil); recorder.Code != http.StatusNotFound {
		t.Errorf("what is not kept = %d", recorder.Code)
	}
}

func TestSweep(t *testing.T) {
	store, dir := open(t, media.Options{})
	used, orphan, young := put(t, store, "a.txt", []byte("một")), put(t, store, "b.txt", []byte("hai")), put(t, store, "c.txt", []byte("ba"))
	half := filepath.Join(dir, "incoming", "put-1")
	if err := os.WriteFile(half, []byte("nửa"), 0o600); err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	for _, path := range []string{half, filepath.Join(dir, used.ID[:2], used.ID), filepath.Join(dir, orphan.ID[:2], orphan.ID)} {
		if err := os.Chtimes(path, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	inUse := func(_ context.Context, id string) (bool, error) { return id == used.ID, nil }
	removed, size, err := store.Sweep(t.Context(), 24*time.Hour, inUse)
	if err != nil || removed != 2 || size != int64(len("hai")+len("nửa")) {
		t.Errorf("Sweep = %d files, %d bytes, %v", removed, size, err)
	}
	for _, a := range []content.Attachment{used, young} {
		if file, _, err := store.Open(t.Context(), a.ID); err != nil {
			t.Errorf("%s is gone: %v", a.Name, err)
		} else {
			file.Close()
		}
	}
	t.Run("what cannot be asked about stays", func(t *testing.T) {
		asked := errors.New("store closed")
		_, _, err := store.Sweep(t.Context(), 0, func(context.Context, string) (bool, error) { return false, asked })
		if !errors.Is(err, asked) || len(files(t, dir)) != 2 {
			t.Errorf("Sweep = %v, left %v", err, files(t, dir))
		}
	})
}

func files(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func FuzzPut(f *testing.F) {
	f.Add("a.png", hugePNG())
	f.Add("a.webp", webp(3, 4))
	f.Add("a.docx", []byte("PK\x03\x04PK\x01\x02PK\x05\x06aaaaaaaaaaaaaaaaaa"))
	f.Add("../a\x00.txt", []byte("chữ"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		store, err := media.Open(t.TempDir(), media.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := store.Put(t.Context(), name, bytes.NewReader(data))
		if err != nil {
			if connectors.ReasonOf(err) == "" {
				t.Errorf("refused without a reason: %v", err)
			}
			return
		}
		if strings.ContainsAny(a.Name, "/\\\x00\r\n\"") || a.Name == "" {
			t.Errorf("name %q of %q", a.Name, name)
		}
	})
}

func TestAPartOfADamagedFileIsNotGivenOut(t *testing.T) {
	dir := t.TempDir()
	s, err := media.Open(dir, media.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	whole := []byte("%PDF-1.7\n" + strings.Repeat("giấy tờ ", 100))
	kept, err := s.Put(t.Context(), "đơn.pdf", bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	part := func() int {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Range", "bytes=0-9")
		w := httptest.NewRecorder()
		s.Serve(w, r, kept)
		return w.Code
	}
	if code := part(); code != http.StatusPartialContent {
		t.Errorf("a part of a sound file: %d", code)
	}
	whole[len(whole)-1] ^= 1
	if err := os.WriteFile(filepath.Join(dir, kept.ID[:2], kept.ID), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := part(); code != http.StatusInternalServerError {
		t.Errorf("a part of a damaged file: %d, want 500", code)
	}
}
