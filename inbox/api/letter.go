package api

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// remotePictures is the header that tells how many pictures of a letter lie on
// other servers: who shows it in a frame cannot look inside.
const remotePictures = "Tongdai-Remote-Pictures"

// letterPolicy holds a letter's page, wherever it is opened: no script, no form,
// no origin of ours, nothing loaded but pictures. Its links open windows of their
// own, which are bound by nothing here.
const letterPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'self'; img-src data:"

// getLetterPage gives a letter as its sender laid it out.
func (s *Server) getLetterPage(c echo.Context) error {
	ctx := c.Request().Context()
	remote := c.QueryParam("remote") == "true"
	page, err := s.Hub.LetterPage(ctx, actorOf(ctx), inbox.ConversationID(c.Param("id")), inbox.MessageID(c.Param("message")), remote)
	if err != nil {
		return err
	}
	policy := letterPolicy
	if remote {
		policy += " https:"
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, max-age=300")
	h.Set(remotePictures, strconv.Itoa(page.Remote))
	return c.HTML(http.StatusOK, page.HTML)
}

// toLetter is what m has beside its text; the zero value where it is no letter.
func toLetter(m inbox.Message) (out gen.Letter) {
	if m.Letter == nil {
		return out
	}
	out = gen.Letter{
		Subject: m.Letter.Subject, To: toAddresses(m.Letter.To), Cc: toAddresses(m.Letter.Cc),
		Quoted: m.Letter.Quoted, Machine: m.Letter.Machine, Notes: m.Letter.Notes,
	}
	if m.Letter.From.Mail != "" {
		out.From = toAddress(m.Letter.From)
	}
	for _, a := range m.Content.Attachments {
		if a.Kind == content.Original {
			out.Original = toAttachment(a)
		}
	}
	return out
}

func toAddress(a connectors.Address) gen.MailAddress {
	return gen.MailAddress{Name: a.Name, Mail: a.Mail}
}

func toAddresses(list []connectors.Address) (out []gen.MailAddress) {
	for _, a := range list {
		out = append(out, toAddress(a))
	}
	return out
}

func fromAddresses(list []gen.MailAddress) (out []connectors.Address) {
	for _, a := range list {
		out = append(out, connectors.Address{Name: a.Name, Mail: a.Mail})
	}
	return out
}
