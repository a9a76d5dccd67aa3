package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// kind is a type of file that is taken.
type kind struct {
	mime      string
	extension string
	others    []string // further extensions that fit
	inline    bool     // browsers show it without running anything
	measure   measure  // pictures only
}

// The kinds that are taken. HEIC is what iPhones make; few browsers show it.
var (
	jpegKind = kind{mime: "image/jpeg", extension: ".jpg", others: []string{".jpeg", ".jfif"}, inline: true, measure: decodeConfig}
	pngKind  = kind{mime: "image/png", extension: ".png", inline: true, measure: decodeConfig}
	gifKind  = kind{mime: "image/gif", extension: ".gif", inline: true, measure: decodeConfig}
	webpKind = kind{mime: "image/webp", extension: ".webp", inline: true, measure: measureWebP}
	heicKind = kind{mime: "image/heic", extension: ".heic", others: []string{".heif"}, measure: measureHEIC}
	pdfKind  = kind{mime: "application/pdf", extension: ".pdf"}
	docxKind = kind{mime: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", extension: ".docx"}
	xlsxKind = kind{mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", extension: ".xlsx"}
	odtKind  = kind{mime: "application/vnd.oasis.opendocument.text", extension: ".odt"}
	textKind = kind{mime: "text/plain; charset=utf-8", extension: ".txt", others: []string{".csv", ".log", ".md"}}
	mp4Kind  = kind{mime: "video/mp4", extension: ".mp4", others: []string{".m4v", ".mov"}}
	movKind  = kind{mime: "video/quicktime", extension: ".mov"}
	m4aKind  = kind{mime: "audio/mp4", extension: ".m4a"}
	mp3Kind  = kind{mime: "audio/mpeg", extension: ".mp3"}
	oggKind  = kind{mime: "audio/ogg", extension: ".ogg", others: []string{".oga", ".opus"}}
	// A letter as it came (RFC 5322) may hold anything, so it is saved, never shown.
	letterKind = kind{mime: "message/rfc822", extension: ".eml"}
	// Telephones speak AMR (RFC 4867); no browser plays it, so it is saved.
	amrKind     = kind{mime: "audio/amr", extension: ".amr"}
	amrWideKind = kind{mime: "audio/amr-wb", extension: ".awb", others: []string{".amr"}}
)

// Types lists the media types that are taken, for people and file choosers.
func Types() []string {
	kinds := []kind{jpegKind, pngKind, gifKind, webpKind, heicKind, pdfKind, docxKind, xlsxKind, odtKind,
		textKind, mp4Kind, movKind, m4aKind, mp3Kind, oggKind, amrKind, amrWideKind}
	types := make([]string, len(kinds))
	for i, k := range kinds {
		types[i], _, _ = strings.Cut(k.mime, ";")
	}
	return types
}

// headLength is how much of the beginning of a file is looked at.
const headLength = 64 << 10

const acceptedWords = "Chỉ nhận ảnh (JPEG, PNG, GIF, WebP, HEIC), PDF, Word (.docx), Excel (.xlsx), .odt, văn bản thuần, video MP4 và ghi âm (MP3, M4A, OGG, AMR)."

// recognise tells the kind of a file from its bytes alone.
func recognise(file io.ReaderAt, size int64) (kind, error) {
	head := make([]byte, min(size, headLength))
	if _, err := file.ReadAt(head, 0); err != nil && err != io.EOF {
		return kind{}, fmt.Errorf("read attachment: %w", err)
	}
	if k, ok := binaryKind(head); ok {
		return k, nil
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return officeKind(file, size, head)
	}
	if isText(head, size) {
		return textKind, nil
	}
	return kind{}, refused(acceptedWords)
}

func binaryKind(head []byte) (kind, bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return jpegKind, true
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return pngKind, true
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return gifKind, true
	case len(head) > 16 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return webpKind, true
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return pdfKind, true
	case bytes.HasPrefix(head, []byte("OggS")):
		return oggKind, true
	case bytes.HasPrefix(head, []byte("#!AMR\n")): // RFC 4867, 5.1
		return amrKind, true
	case bytes.HasPrefix(head, []byte("#!AMR-WB\n")): // RFC 4867, 5.2
		return amrWideKind, true
	case bytes.HasPrefix(head, []byte("ID3")), isMP3Frame(head):
		return mp3Kind, true
	case len(head) > 16 && string(head[4:8]) == "ftyp":
		return brandKind(string(head[8:12]))
	}
	return kind{}, false
}

// isMP3Frame recognises the header of an MPEG audio frame, layer III, whose
// reserved values are not used (ISO 11172-3, 2.4.1.3).
func isMP3Frame(head []byte) bool {
	return len(head) > 4 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[1]&0x18 != 0x08 &&
		head[2]&0xf0 != 0xf0 && head[2]&0xf0 != 0 && head[2]&0x0c != 0x0c
}

// brandKind tells the members of the ISO media family apart by their major brand.
func brandKind(brand string) (kind, bool) {
	switch brand {
	case "heic", "heix", "hevc", "mif1", "msf1":
		return heicKind, true
	case "M4A ", "M4B ":
		return m4aKind, true
	case "qt  ":
		return movKind, true
	case "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "MSNV", "dash", "3gp4", "3gp5":
		return mp4Kind, true
	}
	return kind{}, false
}

// isText reports whether head begins a text in UTF-8 that no browser would
// take for a page.
func isText(head []byte, size int64) bool {
	if int64(len(head)) < size { // the cut may go through a character
		for i := 0; i < utf8.UTFMax && len(head) > 0 && !utf8.RuneStart(head[len(head)-1]); i++ {
			head = head[:len(head)-1]
		}
		if len(head) > 0 && head[len(head)-1] >= utf8.RuneSelf {
			head = head[:len(head)-1]
		}
	}
	if !utf8.Valid(head) || bytes.IndexFunc(head, isControl) >= 0 {
		return false
	}
	if !strings.HasPrefix(http.DetectContentType(head), "text/plain") {
		return false
	}
	lower := bytes.ToLower(head)
	for _, tag := range []string{"<svg", "<html", "<script", "<!doctype", "<?xml", "<iframe", "<body"} {
		if bytes.Contains(lower, []byte(tag)) {
			return false
		}
	}
	return true
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' }

const (
	// directoryLength and directoryNames bound what is read of a ZIP's directory.
	directoryLength = 1 << 20
	directoryNames  = 10_000
)

// officeKind tells office documents from other ZIP files by the names in them.
// Nothing is unpacked.
func officeKind(file io.ReaderAt, size int64, head []byte) (kind, error) {
	const odtMark = "mimetypeapplication/vnd.oasis.opendocument.text" // stored first, unpacked (ODF 1.3, part 2, 3.3)
	if len(head) > 30+len(odtMark) && string(head[30:30+len(odtMark)]) == odtMark && !bytes.HasPrefix(head[30+len(odtMark):], []byte("-")) {
		return odtKind, nil
	}
	var found kind
	names, err := zipNames(file, size)
	if err != nil {
		return kind{}, fmt.Errorf("read attachment: %w", err)
	}
	for _, name := range names {
		switch {
		case strings.HasSuffix(strings.ToLower(name), "vbaproject.bin"):
			return kind{}, refused("Tệp Word hoặc Excel có chứa macro nên không được nhận. Anh/chị vui lòng lưu lại thành .docx, .xlsx hoặc PDF.")
		case name == "word/document.xml":
			found = docxKind
		case name == "xl/workbook.xml":
			found = xlsxKind
		}
	}
	if found.mime == "" {
		return kind{}, refused("Không nhận tệp nén. " + acceptedWords)
	}
	return found, nil
}

// zipNames reads the names in a ZIP's central directory (PKWARE APPNOTE 4.3.12
// and 4.3.16), none when it is broken or larger than any document's.
func zipNames(file io.ReaderAt, size int64) (names []string, err error) {
	tail := make([]byte, min(size, 66<<10))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return nil, err
	}
	end := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if end < 0 || len(tail)-end < 22 {
		return nil, nil
	}
	length := int64(binary.LittleEndian.Uint32(tail[end+12:]))
	offset := int64(binary.LittleEndian.Uint32(tail[end+16:]))
	if length > directoryLength || offset+length > size {
		return nil, nil
	}
	directory := make([]byte, length)
	if _, err := file.ReadAt(directory, offset); err != nil && err != io.EOF {
		return nil, err
	}
	for len(directory) >= 46 && string(directory[:4]) == "PK\x01\x02" && len(names) < directoryNames {
		name := int(binary.LittleEndian.Uint16(directory[28:]))
		next := 46 + name + int(binary.LittleEndian.Uint16(directory[30:])) + int(binary.LittleEndian.Uint16(directory[32:]))
		if next > len(directory) {
			break
		}
		names = append(names, string(directory[46:46+name]))
		directory = directory[next:]
	}
	return names, nil
}
