// Package content is what people and the bot say to each other, whichever
// platform carries it: text, choices to press, links, attachments, places and
// form data. It is neutral: a connector renders what its platform can show and
// falls back to plain numbered text (see Plain) for what it cannot.
//
// The package imports nothing of the project, so every room may speak of it.
package content

// Content is one thing said. The zero value says nothing.
type Content struct {
	Text        string
	Choices     []Choice
	Links       []Link
	Attachments []Attachment
	Place       *Place
	Form        []Field
}

// Choice is one answer the reader may press. Value is what comes back when it
// is pressed; on platforms without buttons the reader types its number or
// label and Pick finds it.
type Choice struct {
	Label string
	Value string
}

// Link is something to open: a web page ("https:") or a number to call
// ("tel:"). A contact card that somebody passes on is a Link to its number with
// the name as label.
type Link struct {
	Label string
	URL   string
}

// AttachmentKind tells how the sender meant a file: how it is shown where its
// Type does not tell, and what it is called while it has not been fetched.
type AttachmentKind string

// The kinds of attachments. A Sticker stands for a word: it is shown small and
// is no file to save. An Animation is a short picture that moves (GIF). A Voice
// was spoken for this conversation. An Original is what arrived, whole, of which
// the message was made.
const (
	File      AttachmentKind = "" // as its Type says
	Picture   AttachmentKind = "picture"
	Sticker   AttachmentKind = "sticker"
	Animation AttachmentKind = "animation"
	Voice     AttachmentKind = "voice"
	Video     AttachmentKind = "video"
	Original  AttachmentKind = "original"
)

// Attachment refers to a file kept by the hub. ID is issued by the media room
// and empty while the file has not been fetched from its platform; Problem then
// tells people why, once it is known.
type Attachment struct {
	ID      string
	Kind    AttachmentKind
	Name    string
	Type    string // media type, from the content of the file, never from its name
	Size    int64  // bytes
	Source  string // where the platform keeps it, until fetched; such addresses expire
	Problem string
}

// Place is a point on the map, in WGS 84 degrees.
type Place struct {
	Latitude, Longitude float64
	Label               string
}

// Field is one line of a form that a citizen filled in.
type Field struct {
	Name  string // stable name: "name", "phone", "address", …
	Label string
	Value string
}

// Empty reports whether c says nothing at all.
func (c Content) Empty() bool {
	return c.Text == "" && len(c.Choices) == 0 && len(c.Links) == 0 &&
		len(c.Attachments) == 0 && c.Place == nil && len(c.Form) == 0
}
