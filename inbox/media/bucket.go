package media

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"
)

// Bucket names a bucket of an object storage that speaks S3. The storage must
// show what it confirmed to every later request, as Amazon S3 (since 2020),
// MinIO and Ceph do.
type Bucket struct {
	Endpoint string // https://s3.example.vn; empty: Amazon's, by region
	Region   string // us-east-1
	Name     string
	Prefix   string // stands before every key; a slash is put after it
	// AccessKey and SecretKey; both empty: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
	// and AWS_SESSION_TOKEN of the environment.
	AccessKey, SecretKey string
	PathStyle            bool // the bucket's name in the path, not in the host's name
	// Timeout is what one operation may take, tries included; 15 s. An upload gets
	// a second more for each megabyte.
	Timeout time.Duration
	Temp    string // folder for uploads on their way, made if missing; os.TempDir
}

// bucket keeps files as objects of one bucket.
type bucket struct {
	Bucket
	objects *blob.Bucket
}

// tries is how often a request is sent before it counts as failed.
const tries = 3

// OpenBucket returns the Store in a bucket. It asks the storage nothing yet;
// Check does.
func OpenBucket(b Bucket, options Options) (*Store, error) {
	if b.AccessKey == "" && b.SecretKey == "" {
		b.AccessKey, b.SecretKey = os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	}
	if b.AccessKey == "" || b.SecretKey == "" {
		return nil, errors.New("chưa có khóa truy cập kho S3; hãy ghi access_key và secret_key trong cấu hình, hoặc đặt biến môi trường AWS_ACCESS_KEY_ID và AWS_SECRET_ACCESS_KEY")
	}
	b.Timeout = cmp.Or(b.Timeout, 15*time.Second)
	b.Temp = cmp.Or(b.Temp, os.TempDir())
	if err := os.MkdirAll(b.Temp, 0o700); err != nil {
		return nil, fmt.Errorf("không tạo được thư mục tạm %s cho tệp tải lên: %w", b.Temp, err)
	}
	if b.Prefix != "" {
		b.Prefix = strings.TrimSuffix(b.Prefix, "/") + "/"
	}
	// When a checksum is only sent where it is required, the request has the form
	// that storages of one's own understand; keep gives the one that counts.
	objects, err := s3blob.OpenBucket(context.Background(), b.client(), b.Name, &s3blob.Options{
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
	if err != nil {
		return nil, err
	}
	return newStore(&bucket{Bucket: b, objects: objects}, options), nil
}

// client speaks S3 within bounded times: what hangs is given up early enough for
// another try within Timeout.
func (b *Bucket) client() *s3.Client {
	part := b.Timeout / (tries + 1)
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: part, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   part,
		ResponseHeaderTimeout: part,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       30 * time.Second,
		MaxIdleConnsPerHost:   32,
	}
	keys := aws.Credentials{AccessKeyID: b.AccessKey, SecretAccessKey: b.SecretKey, Source: "tongdai"}
	if b.AccessKey == os.Getenv("AWS_ACCESS_KEY_ID") {
		keys.SessionToken = os.Getenv("AWS_SESSION_TOKEN")
	}
	var endpoint *string
	if b.Endpoint != "" {
		endpoint = aws.String(b.Endpoint)
	}
	return s3.New(s3.Options{
		BaseEndpoint: endpoint,
		Region:       cmp.Or(b.Region, "us-east-1"),
		UsePathStyle: b.PathStyle,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return keys, nil
		}),
		HTTPClient: &http.Client{Transport: transport},
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = tries
			o.MaxBackoff = min(time.Second, b.Timeout/10)
		}),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}

func (b *bucket) key(id string) string { return b.Prefix + id }

// stage keeps an upload on this node until its id is known. The file has no name,
// so that a crash leaves nothing.
func (b *bucket) stage() (*os.File, error) {
	staged, err := os.CreateTemp(b.Temp, "put-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(staged.Name()) // where open files keep their names, Put removes it
	return staged, nil
}

// wholeUpload is the size from which the transfer manager cuts an upload into
// parts (its default), whose checksums are not that of the whole.
const wholeUpload = 16 << 20

func (b *bucket) keep(ctx context.Context, staged *os.File, id string, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, b.Timeout+time.Duration(size>>20)*time.Second)
	defer cancel()
	for {
		if err := b.upload(ctx, io.NewSectionReader(staged, 0, size), id, size); err != nil {
			return err
		}
		kept, err := b.confirm(ctx, id, size)
		if kept || err != nil {
			return err
		}
	}
}

// upload writes the object. Nothing is visible before the storage has all of it;
// the storage compares it with its SHA-256 when it came in one piece.
func (b *bucket) upload(ctx context.Context, r io.Reader, id string, size int64) error {
	sum, err := hex.DecodeString(id)
	if err != nil {
		return err
	}
	return b.objects.Upload(ctx, b.key(id), r, &blob.WriterOptions{
		ContentType:    "application/octet-stream",
		MaxConcurrency: 1, // each holds a part of 8 MB in memory
		BeforeWrite: func(as func(any) bool) error {
			var request *transfermanager.UploadObjectInput
			if size < wholeUpload && as(&request) {
				request.ChecksumSHA256 = aws.String(base64.StdEncoding.EncodeToString(sum))
			}
			return nil
		},
	})
}

// windowStart and windowMost bound what one request reads: what the type is told
// from, then twice as much each time.
const (
	windowStart = headLength
	windowMost  = 1 << 20
)

// object reads an object in windows: each is one short request that may be tried
// again, so a reader as slow as a telephone holds no connection to the storage.
type object struct {
	ctx    context.Context
	bucket *bucket
	id     string
	size   int64
	kept   time.Time
	at     int64 // offset of the next Read
	next   int64 // length of the next window
	start  int64 // offset of window
	window []byte
}

var _ file = (*object)(nil)

func (b *bucket) open(ctx context.Context, id string) (file, int64, time.Time, error) {
	o := &object{ctx: ctx, bucket: b, id: id, next: windowStart}
	if err := o.load(0); err != nil {
		return nil, 0, time.Time{}, err
	}
	return o, o.size, o.kept, nil
}

// load reads the window that begins at offset.
func (o *object) load(offset int64) error {
	ctx, cancel := context.WithTimeout(o.ctx, o.bucket.Timeout)
	defer cancel()
	err := o.loadOnce(ctx, offset)
	for again := 1; again < tries && errors.Is(err, errCut) && ctx.Err() == nil; again++ {
		err = o.loadOnce(ctx, offset)
	}
	if gcerrors.Code(err) == gcerrors.NotFound && codeOf(err) != "NoSuchBucket" {
		return ErrNotFound
	}
	return err
}

// errCut: the storage began an answer and did not end it. The client tries again
// by itself only until an answer begins.
var errCut = errors.New("media: answer of the storage was cut")

func (o *object) loadOnce(ctx context.Context, offset int64) error {
	r, err := o.bucket.objects.NewRangeReader(ctx, o.bucket.key(o.id), offset, o.next, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	length := min(o.next, r.Size()-offset)
	if length < 0 || o.size != 0 && o.size != r.Size() {
		return fmt.Errorf("object %s has %d bytes, had %d", o.id, r.Size(), o.size)
	}
	window := make([]byte, length)
	if _, err := io.ReadFull(r, window); err != nil {
		return fmt.Errorf("%w: object %s at %d: %w", errCut, o.id, offset, err)
	}
	o.size, o.kept, o.start, o.window = r.Size(), r.ModTime(), offset, window
	o.next = min(2*o.next, windowMost)
	return nil
}

func (o *object) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) && err == nil {
		var got int
		got, err = o.readAt(p[n:], offset+int64(n))
		n += got
	}
	return n, err
}

// readAt reads what one window has.
func (o *object) readAt(p []byte, offset int64) (int, error) {
	if offset >= o.size {
		return 0, io.EOF
	}
	if end := o.start + int64(len(o.window)); offset < o.start || offset >= end {
		if offset != end {
			o.next = windowStart
		}
		if err := o.load(offset); err != nil {
			return 0, err
		}
	}
	return copy(p, o.window[offset-o.start:]), nil
}

func (o *object) Read(p []byte) (int, error) {
	n, err := o.readAt(p, o.at)
	o.at += int64(n)
	return n, err
}

func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errors.New("media: seek before the beginning")
	}
	o.at = offset
	return offset, nil
}

func (o *object) Close() error { return nil }

// check writes an object, lists it, reads it back and removes it.
func (b *bucket) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	err := b.try(ctx)
	if err == nil {
		return nil
	}
	return b.explain(err)
}

func (b *bucket) try(ctx context.Context) error {
	key, want := b.Prefix+checking+newMark(), []byte("1022")
	if err := b.objects.WriteAll(ctx, key, want, plain); err != nil {
		return err
	}
	if _, _, err := b.objects.ListPage(ctx, blob.FirstPageToken, 1, &blob.ListOptions{Prefix: key}); err != nil {
		return err
	}
	got, err := b.objects.ReadAll(ctx, key)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: wrote %q, read %q", errNotS3, want, got)
	}
	return b.objects.Delete(ctx, key)
}

// plain spares the driver from guessing a type.
var plain = &blob.WriterOptions{ContentType: "application/octet-stream"}
