package zalo

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors"
)

const (
	// consentLife is how long an address of Authorize is good. Zalo's code lives
	// 10 minutes, and people have to find their telephone first.
	consentLife = 30 * time.Minute
	// consentMost is how many addresses may be open at a time.
	consentMost = 8
	// accessLife is how long an access token lives when Zalo does not say.
	accessLife = 25 * time.Hour
)

// consent is one that was asked for and not given yet.
type consent struct {
	State, Verifier string
	Ends            time.Time
}

func (c *Connector) consentName() string { return string(c.cfg.Channel.ID) + "/consent" }

// Authorize implements connectors.Authorizer: the page on which an
// administrator of the OA allows us to speak for it, with a state and a PKCE
// challenge of its own.
func (c *Connector) Authorize(ctx context.Context) (string, error) {
	one := consent{
		State:    c.cfg.OAID + "." + rand.Text(),
		Verifier: c.cfg.CodeVerifier,
		Ends:     c.now().Add(consentLife),
	}
	if one.Verifier == "" {
		one.Verifier = newVerifier()
	}
	err := c.changeConsents(ctx, func(open []consent) ([]consent, error) {
		return append(open[max(len(open)-consentMost+1, 0):], one), nil
	})
	if err != nil {
		return "", err
	}
	q := url.Values{
		"app_id": {c.cfg.AppID}, "redirect_uri": {c.cfg.HookURL + CallbackPath},
		"code_challenge": {challenge(one.Verifier)}, "state": {one.State},
	}
	return c.cfg.OAuthURL + "/v4/oa/permission?" + q.Encode(), nil
}

// newVerifier is 32 random bytes in 43 characters, as Zalo's SDK makes them.
func newVerifier() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// challenge is the S256 code challenge of RFC 7636.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// changeConsents applies change to the consents that are still open.
func (c *Connector) changeConsents(ctx context.Context, change func([]consent) ([]consent, error)) error {
	for {
		secret, err := c.tokens.vault.Load(ctx, c.consentName())
		if err != nil {
			return fmt.Errorf("read which consents are open: %w", err)
		}
		var open []consent
		if secret.Version > 0 {
			if err := json.Unmarshal(secret.Value, &open); err != nil {
				return fmt.Errorf("which consents are open cannot be read: %w", err)
			}
		}
		now := c.now()
		open = slices.DeleteFunc(open, func(one consent) bool { return now.After(one.Ends) })
		if open, err = change(open); err != nil {
			return err
		}
		value, err := json.Marshal(open)
		if err != nil {
			return err
		}
		_, err = c.tokens.vault.Save(ctx, c.consentName(), value, secret.Version)
		if !errors.Is(err, connectors.ErrStale) {
			return err
		}
	}
}

// problem is what is wrong with a consent, in words for the administrator whose
// browser shows them.
type problem string

func (p problem) Error() string { return string(p) }

const (
	errState   problem = "Liên kết này đã dùng hoặc đã hết hạn. Hãy quay lại Quản trị → Kênh và bấm “Kết nối OA” lần nữa."
	errOtherOA problem = "Anh/chị vừa cấp quyền cho một Official Account khác với tài khoản của kênh này. Hãy bấm “Kết nối OA” lần nữa và chọn đúng tài khoản."
	errDenied  problem = "Zalo không cấp quyền. Hãy thử lại bằng tài khoản quản trị của Official Account."
)

// Consent takes what the administrator's browser brought back from Zalo and
// exchanges it for the first pair of tokens. The state is good once.
func (c *Connector) Consent(ctx context.Context, q url.Values) error {
	var one consent
	err := c.changeConsents(ctx, func(open []consent) ([]consent, error) {
		i := slices.IndexFunc(open, func(one consent) bool { return one.State == q.Get("state") })
		if i < 0 {
			return nil, errState
		}
		one = open[i]
		return slices.Delete(open, i, i+1), nil
	})
	switch {
	case err != nil:
		return err
	case q.Get("code") == "":
		return errDenied
	case q.Get("oa_id") != c.cfg.OAID:
		return errOtherOA
	}
	return c.tokens.granted(ctx, grant{code: q.Get("code"), verifier: one.Verifier})
}

// Adopt takes a pair of tokens that was made by hand in the API Explorer of the
// developer site. The refresh token is spent at once, so that the pair we use is
// known to nobody else.
func (c *Connector) Adopt(ctx context.Context, refresh string) error {
	return c.tokens.granted(ctx, grant{refresh: strings.TrimSpace(refresh)})
}

var callbackPage = template.Must(template.New("callback").Parse(`<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kết nối Zalo</title>
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem;color:#14263d}h1{font-size:1.5rem}</style>
</head><body><h1>{{.Title}}</h1><p>{{.Text}}</p></body></html>
`))

func (c *Connector) getCallback(w http.ResponseWriter, r *http.Request) {
	page := struct{ Title, Text string }{
		"Đã kết nối " + c.cfg.Channel.Name,
		"Tổng đài đã nhận và trả lời được tin nhắn Zalo. Anh/chị có thể đóng trang này.",
	}
	status := http.StatusOK
	if err := c.Consent(r.Context(), r.URL.Query()); err != nil {
		c.log.WarnContext(r.Context(), "a consent for the OA failed", "err", err)
		status, page.Title = http.StatusBadRequest, "Chưa kết nối được "+c.cfg.Channel.Name
		page.Text = "Tổng đài chưa lưu được quyền Zalo vừa cấp. Hãy bấm “Kết nối OA” lần nữa sau ít phút."
		if no, refused := errors.AsType[*refusedGrant](err); refused {
			page.Text = fmt.Sprintf("Zalo không nhận mã cấp quyền (lỗi %d). Hãy bấm “Kết nối OA” lần nữa.", no.Code)
		}
		if words, ok := errors.AsType[problem](err); ok {
			page.Text = string(words)
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.WriteHeader(status)
	_ = callbackPage.Execute(w, page) // a reader that left needs no page
}

// grant is what a pair is asked for with: a code of a consent, or a refresh token.
type grant struct{ code, verifier, refresh string }

// errNotCalled: Zalo was not reached, so the grant is not spent.
var errNotCalled = errors.New("zalo's OAuth was not reached")

// refusedGrant is Zalo's word that it gives no tokens. The number is told to
// people only: which means what is not documented.
type refusedGrant struct {
	Code int
	Name string
}

func (r *refusedGrant) Error() string {
	return fmt.Sprintf("zalo gives no tokens: %d %s", r.Code, r.Name)
}

// exchange asks for a pair. Its error is a refusedGrant, errNotCalled, or
// anything else after which nobody knows whether the grant is spent.
func (c *Connector) exchange(ctx context.Context, g grant) (pair, error) {
	form := url.Values{"app_id": {c.cfg.AppID}, "grant_type": {"authorization_code"}}
	if g.refresh != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", g.refresh)
	} else {
		form.Set("code", g.code)
		form.Set("code_verifier", g.verifier)
	}
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"Secret_key":   {c.cfg.AppSecret},
	}
	asked := c.now()
	got := c.roundTrip(ctx, http.MethodPost, c.cfg.OAuthURL+"/v4/oa/access_token", header, []byte(form.Encode()))
	if got.Err != nil {
		if !got.Left {
			return pair{}, fmt.Errorf("%w: %w", errNotCalled, got.Err)
		}
		return pair{}, got.Err
	}
	var answer struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Seconds text   `json:"expires_in"`
		Error   text   `json:"error"`
		Name    string `json:"error_name"`
	}
	if err := json.Unmarshal(got.Body, &answer); err != nil || got.Status >= 500 {
		return pair{}, fmt.Errorf("zalo's OAuth answered %d with %d bytes that are no answer", got.Status, len(got.Body))
	}
	if answer.Access == "" || answer.Refresh == "" {
		code, _ := strconv.Atoi(string(answer.Error))
		if code == 0 {
			return pair{}, fmt.Errorf("zalo's OAuth answered %d with neither tokens nor an error", got.Status)
		}
		return pair{}, &refusedGrant{Code: code, Name: clip(answer.Name, 80)}
	}
	life, err := strconv.Atoi(string(answer.Seconds))
	if err != nil || life <= 0 {
		life = int(accessLife.Seconds())
	}
	return pair{
		Access: answer.Access, Refresh: answer.Refresh, Made: asked,
		AccessEnds:  asked.Add(time.Duration(life) * time.Second),
		RefreshEnds: asked.Add(c.cfg.RefreshLife),
	}, nil
}
