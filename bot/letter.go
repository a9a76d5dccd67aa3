package bot

import "strings"

// letter gives what is said the form of a letter: the address, what could not be
// read, and below that a machine has answered and how to reach people (Law
// 134/2025/QH15, Article 11).
func (t turn) letter(said string) string {
	address := t.say("letter.unnamed")
	if name := t.e.Letter.Name; name != "" {
		address = strings.ReplaceAll(t.say("letter.named"), "{name}", name)
	}
	unread := ""
	if files := t.e.Letter.Unread; len(files) > 0 {
		unread = strings.ReplaceAll(t.say("letter.unread"), "{files}", strings.Join(files, ", "))
	}
	return paragraphs(address, said, unread, t.say("letter.closing"))
}
