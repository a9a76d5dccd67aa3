package connectors

import (
	"context"
	"io"

	"tongdai/connectors/content"
)

// Media is where connectors put the files that citizens send.
type Media interface {
	// Put keeps what r holds and returns it as an attachment, durable when Put
	// returns. name is what the sender called the file; the attachment's Name is
	// made safe and its Type comes from the content. A file that is not taken
	// gives an error with a Kind of Permanent and a Reason for people; a failure
	// of r itself stays reachable with errors.Is and errors.As.
	Put(ctx context.Context, name string, r io.Reader) (content.Attachment, error)
}

// Files is Media that also gives back what it keeps, for connectors that send
// files as bytes.
type Files interface {
	Media
	// Read opens the file of a. fs.ErrNotExist when it is not kept.
	Read(ctx context.Context, a content.Attachment) (io.ReadCloser, error)
}
