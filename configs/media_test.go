package configs

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWhereAttachmentsAreKept(t *testing.T) {
	tests := []struct {
		name, text string
		key, says  string // of the problem; empty: none
	}{
		{"a folder within the data folder is the default", "log: {level: info}", "", ""},
		{"a shared folder", "media: {folder: /mnt/tongdai/tep}", "", ""},
		{"a bucket of one's own", "media: {kind: s3, s3: {endpoint: 'https://s3.thanhhoa.gov.vn:9000', bucket: tong-dai, prefix: th/tep/, access_key: a, secret_key: b}}", "", ""},
		{"a bucket of Amazon with keys from the environment", "media: {kind: s3, s3: {region: ap-southeast-1, bucket: tong-dai}}", "", ""},
		{"a kind that does not exist", "media: {kind: ftp}", "media.kind", "folder, s3"},
		{"no folder", "media: {folder: ''}", "media.folder", "trống"},
		{"a bucket that nothing will use", "media: {s3: {bucket: tong-dai}}", "media.s3.bucket", `media.kind là "s3"`},
		{"no bucket", "media: {kind: s3, s3: {endpoint: 'https://s3.vn'}}", "media.s3.bucket", "bucket"},
		{"a bucket that no storage takes", "media: {kind: s3, s3: {endpoint: 'https://s3.vn', bucket: Tổng_đài}}", "media.s3.bucket", "chữ thường"},
		{"neither endpoint nor region", "media: {kind: s3, s3: {bucket: tong-dai}}", "media.s3.endpoint", "https://"},
		{"an endpoint with a path", "media: {kind: s3, s3: {endpoint: 'https://s3.vn/tong-dai', bucket: tong-dai}}", "media.s3.endpoint", "đường dẫn"},
		{"an endpoint with a password in it", "media: {kind: s3, s3: {endpoint: 'https://a:b@s3.vn', bucket: tong-dai}}", "media.s3.endpoint", "đường dẫn"},
		{"an endpoint without a protocol", "media: {kind: s3, s3: {endpoint: 's3.vn:9000', bucket: tong-dai}}", "media.s3.endpoint", "giao thức"},
		{"a prefix that begins with a slash", "media: {kind: s3, s3: {endpoint: 'https://s3.vn', bucket: tong-dai, prefix: /th}}", "media.s3.prefix", "dấu /"},
		{"half of the keys", "media: {kind: s3, s3: {endpoint: 'https://s3.vn', bucket: tong-dai, access_key: a}}", "media.s3.secret_key", "AWS_SECRET_ACCESS_KEY"},
		{"the other half", "media: {kind: s3, s3: {endpoint: 'https://s3.vn', bucket: tong-dai, secret_key: a}}", "media.s3.access_key", "AWS_ACCESS_KEY_ID"},
		{"a timeout that answers nobody", "media: {kind: s3, s3: {endpoint: 'https://s3.vn', bucket: tong-dai, timeout: 10m}}", "media.s3.timeout", "1m"},
		{"a timeout too short for any storage", "media: {kind: s3, s3: {endpoint: 'https://s3.vn', bucket: tong-dai, timeout: 1ms}}", "media.s3.timeout", "1s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(writeFile(t, "c.yaml", tt.text), noEnv)
			if tt.key == "" {
				if err != nil {
					t.Errorf("Load = %v", err)
				}
				return
			}
			var ps Problems
			if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Key != tt.key || !strings.Contains(ps[0].Text, tt.says) {
				t.Errorf("Load = %v, want one problem at %s with %q", err, tt.key, tt.says)
			}
		})
	}
}

func TestABucketKeepsTheDefaultsItDoesNotName(t *testing.T) {
	cfg, err := Load(writeFile(t, "c.yaml", "media: {kind: s3, s3: {endpoint: 'https://s3.vn', bucket: tong-dai}}"), noEnv)
	if err != nil || !cfg.Media.S3.PathStyle || cfg.Media.S3.Timeout != 15*time.Second {
		t.Errorf("media = %+v, %v", cfg.Media, err)
	}
}

func TestKeysOfTheBucketAreNotShown(t *testing.T) {
	cfg := Default()
	cfg.Media.S3.AccessKey, cfg.Media.S3.SecretKey = "AKIA-bí-mật", "cũng-bí-mật"
	var out bytes.Buffer
	if err := Show(&out, cfg); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "bí-mật") || !strings.Contains(text, `secret_key: "`+mask+`"`) {
		t.Errorf("shown as\n%s", text)
	}
}
