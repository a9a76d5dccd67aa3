package postgres

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"time"
)

// carry passes on what a client asks, message by message, and holds the commits
// of transactions that appended events for as long as held says: all that they
// wrote is in the database by then, and nobody can see it yet.
func (p *proxy) carry(server net.Conn, client io.Reader, held func() time.Duration) error {
	from := bufio.NewReader(client)
	statements := make(map[string]string) // prepared, by name
	appended := false
	for first := true; ; first = false {
		kind, message, err := readMessage(from, first)
		if err != nil {
			return err
		}
		var statement string
		switch kind {
		case 'P':
			name, rest, _ := strings.Cut(string(message[5:]), "\x00")
			statements[name], _, _ = strings.Cut(rest, "\x00")
		case 'B':
			_, rest, _ := strings.Cut(string(message[5:]), "\x00") // the portal
			name, _, _ := strings.Cut(rest, "\x00")
			statement = statements[name]
		case 'Q':
			statement, _, _ = strings.Cut(string(message[5:]), "\x00")
		}
		switch {
		case strings.HasPrefix(statement, "INSERT INTO event"):
			appended = true
		case statement == "rollback":
			appended = false
		case statement == "commit" && appended:
			appended = false
			p.held.Add(1)
			<-time.After(held()) // the fault itself: a commit that is late
		}
		if _, err := server.Write(message); err != nil {
			return err
		}
	}
}

// readMessage reads one message of PostgreSQL's protocol, whole. The first of a
// connection has no kind.
func readMessage(from *bufio.Reader, first bool) (kind byte, message []byte, err error) {
	head := 5
	if first {
		head = 4
	}
	begin, err := from.Peek(head)
	if err != nil {
		return 0, nil, err
	}
	if !first {
		kind = begin[0]
	}
	message = make([]byte, head-4+int(binary.BigEndian.Uint32(begin[head-4:])))
	_, err = io.ReadFull(from, message)
	return kind, message, err
}
