package dovecottest_test

import (
	"testing"
	"time"

	"tongdai/connectors/email/dovecottest"
)

func TestALetterThatIsDeliveredIsThere(t *testing.T) {
	d := dovecottest.Start(t)
	d.Deliver(t, time.Now(), []byte("From: a@nguoidan.example\r\nSubject: thu\r\n\r\nXin chao\r\n"))
	selected, err := d.Client(t).Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if selected.NumMessages != 1 || selected.UIDValidity == 0 {
		t.Errorf("the mailbox has %d letters under UIDVALIDITY %d", selected.NumMessages, selected.UIDValidity)
	}
}
