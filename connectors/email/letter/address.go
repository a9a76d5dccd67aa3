package letter

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// addresses reads a list of addresses as people's programs write them: with
// groups, comments, names in encoded words or raw, commas where none belong.
func addresses(field string) (all []Address) {
	before := "" // of a comma that belongs to a name: "Nguyen, Van An <an@example.vn>"
	for _, item := range splitAddresses(field) {
		a, ok := address(item)
		switch {
		case !ok:
			continue
		case a.Address == "":
			before = joinNames(before, a.Name)
			continue
		case strings.Contains(item, "<"):
			a.Name = joinNames(before, a.Name)
		case before != "":
			all = append(all, Address{Name: before})
		}
		before = ""
		all = append(all, a)
	}
	if before != "" {
		all = append(all, Address{Name: before})
	}
	return all
}

func joinNames(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return shorten(a+", "+b, nameMost)
}

// splitAddresses cuts at commas and semicolons that stand outside of quotes,
// comments and angle brackets. A group's name goes.
func splitAddresses(field string) (items []string) {
	from, quoted, comment, angle := 0, false, 0, false
	for i := 0; i < len(field) && len(items) < mostAddresses; i++ {
		switch c := field[i]; {
		case c == '\\':
			i++
		case c == '=' && !quoted && encodedHere.MatchString(field[i:min(len(field), i+wordMost)]):
			i += len(encodedHere.FindString(field[i:min(len(field), i+wordMost)])) - 1
		case c == '"' && comment == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			comment++
		case c == ')' && comment > 0:
			comment--
		case comment > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case angle:
		case c == ':' && !strings.Contains(field[from:i], "@"):
			from = i + 1
		case c == ',' || c == ';':
			items = append(items, field[from:i])
			from = i + 1
		}
	}
	if from < len(field) && len(items) < mostAddresses {
		items = append(items, field[from:])
	}
	return items
}

// encodedHere is an encoded word (RFC 2047) that is whole: what is in it cuts nothing.
var encodedHere = regexp.MustCompile(`^=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=`)

const (
	wordMost = 500 // an encoded word has 75 characters, and programs that count wrongly
	nameMost = 200
)

func address(item string) (a Address, ok bool) {
	item = strings.TrimSpace(item)
	if item == "" {
		return a, false
	}
	if open := strings.LastIndexByte(item, '<'); open >= 0 {
		inner, _, _ := strings.Cut(item[open+1:], ">")
		a.Address = mailbox(inner)
		a.Name = displayName(item[:open])
	} else if open := strings.IndexByte(item, '('); open > 0 { // "an@example.vn (Nguyễn An)"
		a.Address = mailbox(item[:open])
		a.Name = displayName(strings.Trim(item[open:], "() \t"))
	} else {
		a.Address = mailbox(item)
	}
	if a.Address == "" && a.Name == "" {
		a.Name = displayName(item)
	}
	return a, a.Address != "" || a.Name != ""
}

// mailbox is the address in text, its domain in small letters; empty when it is none.
func mailbox(text string) string {
	text = strings.TrimSpace(clean(text))
	text = strings.TrimPrefix(text, "mailto:")
	if strings.HasPrefix(text, "@") { // a route, as nobody needs any more
		_, text, _ = strings.Cut(text, ":")
	}
	at := strings.LastIndexByte(text, '@')
	if at <= 0 || at == len(text)-1 || len(text) > 320 || strings.ContainsAny(text[at:], " <>()[]\",;:\\") || !utf8.ValidString(text) {
		return ""
	}
	local := text[:at]
	if strings.HasPrefix(local, `"`) {
		inner, rest := unquoted(local)
		if rest != "" || inner == "" {
			return ""
		}
		local = inner
		if strings.ContainsAny(local, " \"<>@,;:\\()[]") {
			local = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
		}
	} else if strings.ContainsAny(local, " <>()\",;:\\@") {
		return ""
	}
	return local + strings.ToLower(text[at:])
}

func displayName(text string) string {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, `"`) {
		if inner, rest := unquoted(text); strings.TrimSpace(rest) == "" {
			text = inner
		}
	}
	return shorten(strings.Trim(decodeHeader(text), `"' `), nameMost)
}

func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(address[at+1:], "."))
}
