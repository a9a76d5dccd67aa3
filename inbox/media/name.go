package media

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nameLength is how many characters of a file's name are kept.
const nameLength = 100

// safeName makes a name that is safe to show and to save under: no folders, no
// control or direction marks that would make "gpj.exe" look like "exe.jpg",
// and an extension that fits what the file holds.
func safeName(name string, k kind) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r), unicode.Is(unicode.Co, r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, norm.NFC.String(name))
	name = strings.Trim(name, ". ")
	extension := strings.ToLower(filepath.Ext(name))
	if extension != k.extension && !slices.Contains(k.others, extension) {
		extension = k.extension
		name += extension
	}
	stem := strings.TrimRight(name[:len(name)-len(extension)], ". ")
	if runes := []rune(stem); len(runes) > nameLength {
		stem = string(runes[:nameLength])
	}
	if stem == "" || isDevice(stem) {
		stem = "tệp đính kèm"
	}
	return stem + name[len(name)-len(extension):]
}

// isDevice reports whether Windows takes stem for a device.
func isDevice(stem string) bool {
	stem, _, _ = strings.Cut(strings.ToUpper(stem), ".")
	if len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) {
		return stem[3] >= '0' && stem[3] <= '9'
	}
	return slices.Contains([]string{"CON", "PRN", "AUX", "NUL"}, stem)
}

// disposition is the Content-Disposition for name (RFC 6266): the name in
// ASCII for the oldest readers, and in full (RFC 8187) for the others.
func disposition(inline bool, name string) string {
	way := "attachment"
	if inline {
		way = "inline"
	}
	return way + `; filename="` + asciiName(name) + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// asciiName writes name without diacritics.
func asciiName(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r == 'Đ':
			b.WriteByte('D')
		case unicode.Is(unicode.Mn, r):
		case r < ' ' || r >= utf8.RuneSelf || r == '"' || r == '\\' || r == '%':
			b.WriteByte('_')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
