package bot

// Danger tells whether a text reports danger, and by which rule, apart from
// any dialogue: while people answer, what the citizen writes is still watched.
func (b *Bot) Danger(text string) (rule string, danger bool) {
	r, danger := b.reading(text).report()
	return r.ID, danger
}
