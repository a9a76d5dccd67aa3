package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/labstack/echo/v4"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/api"
	"tongdai/inbox/directory/revisions"
	"tongdai/inbox/media"
	"tongdai/inbox/search"
	"tongdai/inbox/store/bolt"
	"tongdai/kb"
)

// rig is the API over a hub with the embedded store, behind a web server.
type rig struct {
	*testing.T
	store   *bolt.Store
	hub     *inbox.Hub
	media   *media.Store
	storage storage
	people  *api.Server
	web     *httptest.Server
	clock   *connectortest.Clock
	log     *connectortest.Log
	made    int // numbers given out
	checked int // answers held to the document
}

const (
	zalo      connectors.ChannelID = "zalo-1022"
	setupCode                      = "mã-một-lần"
	phone                          = "0912345678" // of every citizen
	mail                           = "batu@gmail.example"
	right                          = "con mèo leo cây cau"
	bodyLimit                      = 64 << 10
	fileLimit                      = 128 << 10
)

func start(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, clock: connectortest.NewClock(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)), log: &connectortest.Log{}}
	var err error
	if r.store, err = bolt.Open(filepath.Join(t.TempDir(), "hub.db"), bolt.Options{Now: r.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if r.media, err = media.Open(t.TempDir(), media.Options{}); err != nil {
		t.Fatal(err)
	}
	words, err := search.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := words.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	log := slog.New(slog.NewTextHandler(r.log, nil))
	if r.hub, err = inbox.New(inbox.Parts{
		Store: r.store, Bot: silent{}, Knowledge: silent{}, Directory: names{},
		Connectors: []connectors.Connector{platform{}, official{}}, Messages: words, Log: log,
	}, inbox.Config{HookURL: func(c connectors.Channel) string { return "https://1022.example.vn/" + string(c.ID) }}); err != nil {
		t.Fatal(err)
	}
	keeper, err := revisions.Open(t.Context(), r.store, book, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.people = api.New(api.Parts{
		Hub: r.hub, Knowledge: silent{}, Entries: r.store, Names: names{}, Directory: keeper, Media: r.media, Storage: &r.storage, Log: log,
	}, api.Config{
		Organisation: "Tổng đài 1022",
		Secure:       func(q *http.Request) bool { return q.Header.Get("X-Test-Secure") != "" },
		Address:      func(q *http.Request) string { return q.Header.Get("X-Test-Address") },
		BodyLimit:    bodyLimit, UploadLimit: fileLimit, ImportLimit: fileLimit, SetupCode: setupCode,
	})
	e := echo.New()
	r.people.Register(e)
	r.web = httptest.NewServer(e)
	t.Cleanup(r.web.Close)
	t.Cleanup(r.people.Close)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return r
}

func (r *rig) write(fn func(tx inbox.Writer) error) {
	r.Helper()
	if err := r.store.Update(context.Background(), fn); err != nil {
		r.Fatalf("Update: %v", err)
	}
}

// hash is of right; one does for all.
var hash = sync.OnceValue(func() string {
	h, err := argon2id.CreateHash(right, &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return h
})

// member keeps an account with a session, and returns the session's token.
func (r *rig) member(m inbox.Member) (token string) {
	r.Helper()
	m.ID, m.Name, m.PasswordHash = inbox.MemberID("id-"+m.Login), "Cán bộ "+m.Login, hash()
	r.made++
	token = fmt.Sprintf("token-%s-%d", m.Login, r.made)
	r.write(func(tx inbox.Writer) error {
		if err := tx.PutMember(m); err != nil {
			return err
		}
		return tx.PutSession(inbox.Session{TokenHash: hashOf(token), Member: m.ID, CreatedAt: r.clock.Now(), ActedAt: r.clock.Now(), ProvedAt: r.clock.Now()})
	})
	return token
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (r *rig) operator() string {
	r.Helper()
	return r.member(inbox.Member{Login: "lan", Role: inbox.Operator})
}

func (r *rig) doctor() string {
	r.Helper()
	return r.member(inbox.Member{Login: "doctor", Role: inbox.Staff, Departments: []kb.DepartmentID{"so-y-te"}})
}

// matter is a conversation that people answer, of a department, with those asked to contribute.
type matter struct {
	inbox.Conversation
	stuck inbox.MessageID // an outgoing message that waits for a person
	file  string          // an attachment in it
	entry kb.EntryID      // of the knowledge base, published, of the same department
	raw   inbox.RawID     // something in the quarantine beside it
}

func (r *rig) matter(department kb.DepartmentID, contributing ...kb.DepartmentID) (m matter) {
	r.Helper()
	r.made++
	from := connectors.RemoteID(fmt.Sprint("citizen-", r.made))
	file, err := r.media.Put(context.Background(), "mẫu.txt", strings.NewReader(fmt.Sprint("tệp ", r.made)))
	if err != nil {
		r.Fatal(err)
	}
	raw := connectors.Raw{Channel: zalo, ReceivedAt: r.clock.Now(), Body: fmt.Appendf(nil, "{broken %d", r.made), Trouble: "not JSON"}
	in := connectors.Inbound{
		Key: string(from), Kind: connectors.Said, From: from, SentAt: r.clock.Now(),
		Content: content.Content{Text: "BÍ MẬT của " + string(from) + ", gọi " + phone + ", thư " + mail, Attachments: []content.Attachment{file}},
	}
	if err := r.hub.Receive(context.Background(), raw, []connectors.Inbound{in}); err != nil {
		r.Fatal(err)
	}
	r.write(func(tx inbox.Writer) error {
		found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Live(zalo, from, "")}, Limit: 1})
		if err != nil {
			return err
		}
		c := found[0]
		contact, err := tx.Contact(c.Contact)
		if err != nil {
			return err
		}
		contact.Phone, contact.Email = phone, mail
		if err := tx.PutContact(contact); err != nil {
			return err
		}
		incident, err := inbox.Incidents.Put(tx, inbox.Kept[inbox.Incident]{ID: "incident-" + string(from), Value: inbox.Incident{
			Title: "Mất nước khu " + string(from), At: r.clock.Now(),
		}})
		if err != nil {
			return err
		}
		c.Contributing, c.Incident = contributing, inbox.IncidentID(incident.ID)
		c.Handler, c.Department, c.WaitingSince, c.Unread = inbox.ByPeople, department, r.clock.Now(), 1
		c.Handoff = &inbox.Handoff{At: r.clock.Now(), Reason: bot.Unknown, Asked: "hỏi gì đó"}
		out, err := tx.AppendMessage(inbox.Message{
			ID: inbox.MessageID("stuck-" + from), Conversation: c.ID, Direction: inbox.Out, Author: inbox.Author{Kind: inbox.Bot},
			Content: content.Content{Text: "Dạ"}, SentAt: r.clock.Now(), ReceivedAt: r.clock.Now(), Automatic: true,
			Delivery: inbox.Delivery{State: inbox.Parked, Reason: "Kênh không nhận.", At: r.clock.Now()},
		})
		if err != nil {
			return err
		}
		c.LastSeq = out.Seq
		c, err = tx.PutConversation(c)
		err = errors.Join(err, tx.AppendEvent(inbox.Event{ // for the index, which may have read what came already
			At: r.clock.Now(), Kind: inbox.ConversationChanged, Conversation: c.ID, Channel: c.Channel, Remote: c.Remote, Department: department,
		}))
		m = matter{Conversation: c, stuck: out.ID, file: file.ID, entry: kb.EntryID(fmt.Sprint("entry-", r.made))}
		return errors.Join(err, tx.PutEntry(kb.Entry{
			ID: m.entry, Question: "Tiêm ở đâu?", Answer: "Ở trạm.", Category: "y-te", Department: department, Status: kb.Published, Version: 1,
			ConfirmedOn: r.clock.Now(), // or the hub, which looks once at its start, may remind somebody of it
		}))
	})
	waiting, err := r.hub.Quarantine(context.Background(), inbox.Actor{Member: inbox.Member{ID: "x", Role: inbox.Admin}})
	if err != nil {
		r.Fatal(err)
	}
	m.raw = waiting[0].ID
	return m
}

// ask makes a request as a page of our own would.
func (r *rig) ask(token, method, path, body string) *http.Request {
	r.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	q, err := http.NewRequest(method, r.web.URL+"/api/v1"+path, reader)
	if err != nil {
		r.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	r.made++
	q.Header.Set("X-Test-Address", fmt.Sprint("10.0.0.", r.made)) // nobody is slowed down unless a test wants it
	if strings.HasPrefix(token, bearer) {
		q.Header.Set("Authorization", "Bearer "+token)
	} else if token != "" {
		q.AddCookie(&http.Cookie{Name: "tongdai", Value: token})
	}
	return q
}

// form makes an upload. Fields are name, value, name, value, …; the file comes last.
func (r *rig) form(token, path string, file []byte, fields ...string) *http.Request {
	r.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			r.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "tệp.txt")
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		r.Fatal(err)
	}
	q := r.ask(token, http.MethodPost, path, body.String())
	q.Header.Set("Content-Type", w.FormDataContentType())
	return q
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

// do sends q and holds the answer to the document.
func (r *rig) do(q *http.Request) answer {
	r.Helper()
	sent := q.Clone(context.Background()) // the body is read by sending
	response, err := r.web.Client().Do(q)
	if err != nil {
		r.Fatal(err)
	}
	defer response.Body.Close()
	a := answer{Response: response}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		return a
	}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		r.Fatal(err)
	}
	r.check(sent, a)
	return a
}

// document is the contract, with a way to find an operation in it.
var document = sync.OnceValues(func() (*openapi3.T, routers.Router) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Document())
	if err != nil {
		panic(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	return doc, router
})

func (r *rig) check(q *http.Request, a answer) {
	r.Helper()
	_, router := document()
	relative := q.Clone(context.Background())
	relative.URL.Scheme, relative.URL.Host, relative.Host = "", "", ""
	route, params, err := router.FindRoute(relative)
	if err != nil {
		if a.StatusCode < 400 {
			r.Errorf("%s %s is answered %d, though the document does not know it", q.Method, q.URL.Path, a.StatusCode)
		}
		a.problem(r)
		return
	}
	r.checked++
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	if route.Operation.OperationID == "downloadAttachment" && a.StatusCode < 400 {
		options.ExcludeResponseBody = true // its media type is the file's
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: q, PathParams: params, Route: route},
		Status:                 a.StatusCode, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.body)), Options: options,
	})
	if err != nil && !options.ExcludeResponseBody {
		r.Errorf("%s %s: the answer %d is not as documented: %v\n%s", q.Method, q.URL.Path, a.StatusCode, err, a.body)
	}
}

func (a answer) problem(t testing.TB) (p struct {
	Code, Message string
	Fields        []struct{ Field, Message string }
}) {
	t.Helper()
	if err := json.Unmarshal(a.body, &p); err != nil || p.Code == "" || p.Message == "" {
		t.Errorf("%d %q is no Problem: %v", a.StatusCode, a.body, err)
	}
	return p
}

func (r *rig) want(a answer, status int) {
	r.Helper()
	if a.StatusCode != status {
		r.Errorf("%s %s = %d %s, want %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body, status)
	}
}

// names is the directory of two departments.
type names struct{}

func (names) DepartmentName(id kb.DepartmentID) string {
	return map[kb.DepartmentID]string{"so-y-te": "Sở Y tế", "so-xay-dung": "Sở Xây dựng"}[id]
}
func (names) CategoryName(id kb.CategoryID) string {
	return map[kb.CategoryID]string{"y-te": "Y tế"}[id]
}
func (names) DepartmentNamed(string) (kb.DepartmentID, bool)                 { return "", false }
func (names) CategoryNamed(string) (kb.CategoryID, bool)                     { return "", false }
func (names) Staffed(time.Time) (bool, time.Time)                            { return true, time.Time{} }
func (names) InHours(time.Time) bool                                         { return true }
func (names) WorkingDay(time.Time) bool                                      { return true }
func (names) Points(time.Time) []inbox.ContactPoint                          { return nil }
func (names) Charge(kb.CategoryID, inbox.LocalityID, time.Time) inbox.Charge { return inbox.Charge{} }
func (names) Places(string) []inbox.LocalityID                               { return nil }
func (names) PlaceName(inbox.LocalityID) string                              { return "" }
func (names) AlarmContacts(kb.CategoryID, inbox.LocalityID, time.Time) []inbox.AlarmContact {
	return nil
}
func (names) Due(inbox.Clock, bool, kb.CategoryID, kb.DepartmentID, time.Time) time.Time {
	return time.Time{}
}
func (names) Departments(time.Time) []api.Department {
	return []api.Department{{ID: "so-y-te", Name: "Sở Y tế", Current: true}, {ID: "so-xay-dung", Name: "Sở Xây dựng", Current: true}}
}
func (names) Categories() []api.Category { return []api.Category{{ID: "y-te", Name: "Y tế"}} }

// silent is a bot and a knowledge base with nothing to say.
type silent struct{}

func (silent) Need(bot.State, bot.Message) bot.Need { return bot.Need{} }
func (silent) Decide(s bot.State, _ bot.Message, _ bot.Evidence) bot.Decision {
	return bot.Decision{Outcome: bot.Chat, State: s}
}
func (b silent) Broken(s bot.State, m bot.Message, e bot.Evidence) bot.Decision {
	return b.Decide(s, m, e)
}
func (silent) Danger(string) (string, bool) { return "", false }
func (silent) hits() []kb.Hit {
	return []kb.Hit{{Confidence: 0.7, Entry: kb.Entry{ID: "e1", Question: "Hỏi?", Answer: "Đáp.", Department: "so-y-te", Category: "y-te", Status: kb.Published}}}
}
func (s silent) Search(context.Context, string, int) ([]kb.Hit, error)  { return s.hits(), nil }
func (s silent) Suggest(context.Context, string, int) ([]kb.Hit, error) { return s.hits(), nil }
func (silent) Entry(kb.EntryID) (kb.Entry, bool)                        { return kb.Entry{}, false }
func (silent) Revision() uint64                                         { return 1 }

// platform takes everything, and reads what was quarantined.
type platform struct{}

func (platform) Channel() connectors.Channel {
	return connectors.Channel{ID: zalo, Kind: "zalo", Name: "Zalo 1022"}
}
func (platform) Limits() connectors.Limits {
	return connectors.Limits{
		TextLength: 2000, AttachmentSize: 1 << 20, AttachmentTypes: []string{"image/*", "text/plain"}, Quotes: true,
		ReplyWindow: 7 * 24 * time.Hour, FreeWindow: 48 * time.Hour, FreeReplies: 8,
	}
}
func (platform) Send(context.Context, connectors.Outbound) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}
func (platform) Parse(_ context.Context, raw connectors.Raw) ([]connectors.Inbound, error) {
	return []connectors.Inbound{{Key: string(raw.Body), Kind: connectors.Said, From: "late", Content: content.Content{Text: "muộn"}}}, nil
}

// official is a platform whose account has to be looked after.
type official struct{ platform }

// ends is when the credentials of official do.
var ends = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func (official) Channel() connectors.Channel {
	return connectors.Channel{ID: "oa", Kind: "zalo", Name: "OA của Sở"}
}
func (official) Check(context.Context) connectors.Health {
	return connectors.Health{OK: true, Problem: "Quyền sắp hết hạn.", Expires: ends, CheckedAt: time.Now()}
}

// neverWrote is why official refuses everybody whom it is asked about.
const neverWrote = "Người này chưa từng nhắn cho OA."

func (official) Profile(context.Context, connectors.RemoteID) (connectors.Profile, error) {
	return connectors.Profile{}, &connectors.Error{Kind: connectors.WindowClosed, Reason: neverWrote}
}

func (official) Authorize(context.Context) (string, error) {
	return "https://platform.example/consent?state=once", nil
}

// halfDone is why official does not do all that is asked of it.
const halfDone = "Nền tảng chưa gọi được tới tổng đài."

func (official) Install(_ context.Context, hook string) ([]string, error) {
	return []string{"Đã đặt webhook " + hook}, &connectors.Error{Kind: connectors.Retryable, Reason: halfDone}
}
