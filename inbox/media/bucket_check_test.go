package media_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tongdai/inbox/media"
)

func TestABucketThatCannotBeUsedIsExplained(t *testing.T) {
	answers := func(status int, code string) fault {
		return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { s3Error(w, status, code) }
	}
	refusing := func(method string) fault {
		return func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
			if r.Method == method {
				s3Error(w, http.StatusForbidden, "AccessDenied")
				return
			}
			storage.ServeHTTP(w, r)
		}
	}
	tests := []struct {
		name    string
		wrong   func(*media.Bucket)
		fault   fault
		says    string
		passing bool
	}{
		{name: "an unknown access key", wrong: func(b *media.Bucket) { b.AccessKey = "KHAC" }, says: "access_key"},
		{name: "a wrong secret key", wrong: func(b *media.Bucket) { b.SecretKey = "khac" }, says: "secret_key"},
		{name: "a wrong region", wrong: func(b *media.Bucket) { b.Region = "us-east-1" }, says: "region"},
		{name: "no such bucket", wrong: func(b *media.Bucket) { b.Name = "chua-co" }, says: `không có kho (bucket) "chua-co"`},
		{name: "keys that may not write", fault: refusing("PUT"), says: "s3:PutObject"},
		{name: "keys that may not read", fault: refusing("GET"), says: "s3:GetObject"},
		{name: "keys that may not remove", fault: refusing("DELETE"), says: "s3:DeleteObject"},
		{name: "a clock that is wrong", fault: answers(http.StatusForbidden, "RequestTimeTooSkewed"), says: "NTP"},
		{name: "a bucket that is full", fault: answers(http.StatusForbidden, "QuotaExceeded"), says: "hạn mức"},
		{name: "a server that does not speak S3", fault: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>Xin chào</html>")
		}, says: "giao thức S3"},
		{name: "a server that knows no uploads", fault: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		}, says: "giao thức S3"},
		{name: "a server that is overloaded", fault: answers(http.StatusServiceUnavailable, "SlowDown"), says: "quá tải", passing: true},
		{name: "a server that hangs", fault: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, says: "tường lửa", passing: true},
		{name: "a port where nobody listens", wrong: func(b *media.Bucket) { b.Endpoint = "http://127.0.0.1:1" }, says: "tường lửa", passing: true},
		{name: "TLS where there is none", wrong: func(b *media.Bucket) { b.Endpoint = strings.Replace(b.Endpoint, "http:", "https:", 1) }, says: "https://"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startS3(t, httptest.NewServer)
			where := server.bucket(t)
			where.Timeout = short
			if tt.wrong != nil {
				tt.wrong(&where)
			}
			server.fails(tt.fault)
			err := openBucket(t, where, media.Options{Log: silent}).Check(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), where.Endpoint) {
				t.Fatalf("Check = %v, want words with %q and the endpoint", err, tt.says)
			}
			if errors.Is(err, media.ErrUnavailable) != tt.passing {
				t.Errorf("Check = %v; it may pass by itself: %v", err, tt.passing)
			}
			if strings.Contains(err.Error(), secretKey) {
				t.Errorf("the secret is told: %v", err)
			}
		})
	}
}

func TestTheCertificateOfTheStorageMustBeTrusted(t *testing.T) {
	server := startS3(t, httptest.NewTLSServer)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of our refusal
	where := server.bucket(t)
	where.Timeout = patience
	err := openBucket(t, where, media.Options{Log: silent}).Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "chứng chỉ") || errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Check = %v", err)
	}
}

func TestKeysOfTheEnvironment(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	where := server.bucket(t)
	where.AccessKey, where.SecretKey = "", ""
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	if _, err := media.OpenBucket(where, media.Options{}); err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("without keys: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	if err := openBucket(t, where, media.Options{}).Check(t.Context()); err != nil {
		t.Errorf("with keys: %v", err)
	}
}
