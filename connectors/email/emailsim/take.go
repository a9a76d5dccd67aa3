package emailsim

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// taker is a program that hands letters over.
type taker struct {
	sim  *Sim
	conn *smtp.Conn
	in   bool
	from string
	to   []string
}

// AuthMechanisms implements smtp.AuthSession.
func (t *taker) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth implements smtp.AuthSession.
func (t *taker) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if err := t.sim.fault().Login; err != nil {
			return err
		}
		if !t.sim.lets(user, password) {
			return smtp.ErrAuthFailed
		}
		t.in = true
		return nil
	}
	if mech == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer is the LOGIN mechanism, which Exchange asks for.
type loginServer struct {
	check func(user, password string) error
	user  *string
	asked bool
}

// Next implements sasl.Server.
func (l *loginServer) Next(said []byte) (challenge []byte, done bool, err error) {
	switch {
	case !l.asked && said == nil:
		l.asked = true
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(said)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(said))
}

// Reset implements smtp.Session.
func (t *taker) Reset() { t.from, t.to = "", nil }

// Logout implements smtp.Session.
func (t *taker) Logout() error { return nil }

// Mail implements smtp.Session.
func (t *taker) Mail(from string, _ *smtp.MailOptions) error {
	f := t.sim.fault()
	if f.Drop && !f.Taken {
		_ = t.conn.Conn().Close() // that is the fault
	}
	if f.Mail != nil {
		return f.Mail
	}
	if !t.in {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	t.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (t *taker) Rcpt(to string, _ *smtp.RcptOptions) error {
	f := t.sim.fault()
	if f.Rcpt != nil {
		if err := f.Rcpt(to); err != nil {
			return err
		}
	}
	if f.Greylist && t.sim.firstTry(to) {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted, try again in 5 seconds"}
	}
	t.to = append(t.to, to)
	return nil
}

func (s *Sim) firstTry(to string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	to = strings.ToLower(to)
	tried := s.tried[to]
	s.tried[to] = true
	return !tried
}

// Data implements smtp.Session.
func (t *taker) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	f := t.sim.fault()
	faulty := f.Drop || f.Stall || f.Reply != ""
	if f.Data == nil && (!faulty || f.Taken) {
		t.sim.keep(Sent{From: t.from, To: slices.Clone(t.to), Raw: raw, At: time.Now()})
	}
	if f.Slow > 0 {
		timer := time.NewTimer(f.Slow)
		defer timer.Stop()
		<-timer.C
	}
	switch {
	case f.Stall:
		_, _ = io.Copy(io.Discard, t.conn.Conn()) // until the other side leaves
		return io.ErrUnexpectedEOF
	case f.Reply != "":
		_, _ = io.WriteString(t.conn.Conn(), f.Reply) // whoever left need not hear it
		fallthrough
	case f.Drop:
		_ = t.conn.Conn().Close()
	}
	return f.Data
}

func (s *Sim) keep(sent Sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, sent)
}

// HangUp closes all connections on which letters are handed over, as servers do with
// those that rest.
func (s *Sim) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.lines {
		_ = c.Conn().Close() // it may be closed already
	}
	s.lines = nil
}
