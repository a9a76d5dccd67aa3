package email

import (
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"
)

// xoauth2 is the way in that Google and Microsoft ask for
// (developers.google.com/gmail/imap/xoauth2-protocol). go-sasl has none.
type xoauth2 struct{ user, token string }

func (x xoauth2) Start() (mech string, first []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers what the server says when it refuses, so that it ends the exchange.
func (x xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// proof is the exchange by which s lets us in, among those that offered tells.
func (s Server) proof(offered func(mech string) bool) (sasl.Client, error) {
	secret, err := s.Secret()
	if err != nil {
		return nil, fmt.Errorf("read the password or token: %w", err)
	}
	if secret == "" {
		return nil, errors.New("the password or token is empty")
	}
	switch {
	case s.Auth == XOAuth2:
		return xoauth2{s.User, secret}, nil
	case offered("PLAIN"):
		return sasl.NewPlainClient("", s.User, secret), nil
	case offered("LOGIN"):
		return sasl.NewLoginClient(s.User, secret), nil
	}
	return nil, errNoWay
}

// errNoWay: the server offers no way in that we know.
var errNoWay = errors.New("the server offers neither PLAIN nor LOGIN")
