package media_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tongdai/inbox/media"
)

const (
	bucketName = "tong-dai"
	accessKey  = "KHOATRUYCAP"
	secretKey  = "bi-mat-cua-kho-tep"
	region     = "vn-thanhhoa-1"
)

// s3Server is an S3 server on the loopback address. gofakes3 keeps the objects;
// before it stands what it leaves out: signatures and checksums are verified,
// and anything may go wrong.
type s3Server struct {
	*httptest.Server
	objects *s3mem.Backend
	clock   clock
	fault   atomic.Pointer[fault]

	mu       sync.Mutex
	requests []*http.Request // without their bodies
	changed  *sync.Cond
}

// fault may answer a request in the storage's place; serve is the storage.
type fault func(w http.ResponseWriter, r *http.Request, serve http.Handler)

// clock is the time of the storage.
type clock struct{ behind atomic.Int64 }

func (c *clock) Now() time.Time                  { return time.Now().UTC().Add(-time.Duration(c.behind.Load())) }
func (c *clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

func startS3(t testing.TB, how func(http.Handler) *httptest.Server) *s3Server {
	t.Helper()
	s := &s3Server{}
	s.changed = sync.NewCond(&s.mu)
	s.objects = s3mem.New(s3mem.WithTimeSource(&s.clock))
	if err := s.objects.CreateBucket(bucketName); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(s.objects, gofakes3.WithTimeSource(&s.clock), gofakes3.WithTimeSkewLimit(0), gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	storage := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code := s.refuses(r); code != "" {
			s3Error(w, http.StatusForbidden, code)
			return
		}
		fake.ServeHTTP(w, r)
		s.note(r)
	})
	s.Server = how(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := s.fault.Load(); f != nil {
			(*f)(w, r, storage)
			return
		}
		storage.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *s3Server) fails(f fault) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

func (s *s3Server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Clone(r.Context()))
	s.changed.Broadcast()
}

// served counts the requests that the storage answered.
func (s *s3Server) served(method, path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count(method, path)
}

func (s *s3Server) count(method, path string) (n int) {
	for _, r := range s.requests {
		if r.Method == method && strings.HasSuffix(r.URL.Path, path) {
			n++
		}
	}
	return n
}

// waitFor returns when the storage has answered n such requests.
func (s *s3Server) waitFor(n int, method, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.count(method, path) < n {
		s.changed.Wait()
	}
}

// refuses verifies the signature (AWS Signature Version 4) and the checksum.
func (s *s3Server) refuses(r *http.Request) (code string) {
	_, fields, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := map[string]string{}
	for _, field := range strings.Split(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		parts[name] = value
	}
	key, scope, _ := strings.Cut(parts["Credential"], "/")
	if key != accessKey {
		return "InvalidAccessKeyId"
	}
	if !strings.Contains(scope, "/"+region+"/") {
		return "AuthorizationHeaderMalformed"
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return "AccessDenied"
	}
	again := r.Clone(r.Context())
	again.URL.Host, again.Header = r.Host, http.Header{}
	for _, name := range strings.Split(parts["SignedHeaders"], ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	err = v4.NewSigner().SignHTTP(r.Context(), aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey},
		again, r.Header.Get("X-Amz-Content-Sha256"), "s3", region, at, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil || again.Header.Get("Authorization") != r.Header.Get("Authorization") {
		return "SignatureDoesNotMatch"
	}
	if want := r.Header.Get("X-Amz-Checksum-Sha256"); want != "" {
		body, err := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		if err != nil || base64.StdEncoding.EncodeToString(sum[:]) != want {
			return "BadDigest"
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return ""
}

func s3Error(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: code})
}

// bucket is how a node is told of the storage.
func (s *s3Server) bucket(t testing.TB) media.Bucket {
	return media.Bucket{
		Endpoint: s.URL, Region: region, Name: bucketName, Prefix: "th/tep", PathStyle: true,
		AccessKey: accessKey, SecretKey: secretKey, Timeout: 10 * time.Second, Temp: t.TempDir(),
	}
}

// keys are the names of all objects.
func (s *s3Server) keys(t *testing.T) []string {
	t.Helper()
	list, err := s.objects.ListBucket(bucketName, &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, o := range list.Contents {
		names[o.Key] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// write puts an object into the storage as if at that time.
func (s *s3Server) write(t *testing.T, key string, data []byte, ago time.Duration) {
	t.Helper()
	s.clock.behind.Store(int64(ago))
	defer s.clock.behind.Store(0)
	meta := map[string]string{"Last-Modified": s.clock.Now().Format(http.TimeFormat)}
	if _, err := s.objects.PutObject(bucketName, key, meta, bytes.NewReader(data), int64(len(data)), nil); err != nil {
		t.Fatal(err)
	}
}

func (s *s3Server) read(t *testing.T, key string) []byte {
	t.Helper()
	o, err := s.objects.GetObject(bucketName, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(o.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
