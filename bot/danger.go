package bot

// Danger tells whether a text reports danger, and by which rule, apart from
// any dialogue: while people answer, what the citizen writes is still watched.
func (b *Bot) Danger(text string) (rule string, danger bool) {
	words := b.book.read(text)
	r, danger := b.triage.report(words, b.book.find(words))
	return r.ID, danger
}
