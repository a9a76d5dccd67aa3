package postgres

import (
	"testing"

	"tongdai/inbox"
	"tongdai/inbox/search/searchtest"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

func TestMessages(t *testing.T) {
	searchtest.Run(t, searchtest.Harness{Open: func(t *testing.T) (inbox.Store, inbox.MessageIndex) {
		s, err := Open(t.Context(), Options{URL: pgtest.Database(t)})
		if err != nil {
			t.Fatal(err)
		}
		return s, s.Messages()
	}})
}
