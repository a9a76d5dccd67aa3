package configs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Zone is the time of the whole project. Vietnam has kept UTC+7 without summer
// time since 1975, so the fixed offset needs no time zone database on the
// machine.
var Zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// Bytes is a size, written 512KB, 10MB or 1GB (powers of 1024) or as a plain
// number of bytes.
type Bytes int64

// The units a size may be written in.
const (
	KB Bytes = 1 << 10
	MB Bytes = 1 << 20
	GB Bytes = 1 << 30
)

var byteUnits = []struct {
	name string
	size Bytes
}{{"GB", GB}, {"MB", MB}, {"KB", KB}, {"B", 1}}

// UnmarshalText reads a size as a person writes it.
func (b *Bytes) UnmarshalText(text []byte) error {
	number, unit := strings.ToUpper(strings.TrimSpace(string(text))), Bytes(1)
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("%q không phải dung lượng; viết ví dụ 512KB, 10MB", text)
	}
	*b = Bytes(n) * unit
	return nil
}

// String is the size in the largest unit that divides it.
func (b Bytes) String() string {
	for _, u := range byteUnits {
		if b != 0 && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return "0"
}

// Secret is a value that must not be seen: it prints as a mask wherever a
// program prints it. string(s) is the value itself.
type Secret string

const mask = "********"

// KeyBytes is how long the key is from which all others are derived.
const KeyBytes = 32

// Key returns the bytes of the configured key, nil when none is.
func (d DataFolder) Key() ([]byte, error) {
	if d.SecretKey == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(string(d.SecretKey))
	if err != nil || len(key) != KeyBytes {
		return nil, errors.New("không phải khóa của hệ thống; lấy khóa bằng lệnh: tongdai config key")
	}
	return key, nil
}

// String is a mask, or nothing when there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString keeps %#v from telling the secret.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps logs from telling the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps JSON and other encoders from telling the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
