package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tongdai/configs"
	"tongdai/inbox"
)

// keyFile is where the data folder keeps the installation's key.
const keyFile = "secret.key"

// mainKey returns the installation's key, from which all others are derived:
// the configured one, or that of the data folder, made there at the first start.
// Whoever copies the store alone has no key. Where several nodes must have the
// same one, none is made: each node would make its own.
func mainKey(cfg configs.Config) ([]byte, error) {
	path := filepath.Join(cfg.Data.Folder, keyFile)
	given, err := cfg.Data.Key()
	if err != nil {
		return nil, fmt.Errorf("data.secret_key: %w", err)
	}
	kept, err := keptKey(path)
	switch {
	case err != nil:
		return nil, err
	case given != nil && kept != nil && !bytes.Equal(given, kept):
		return nil, fmt.Errorf("khóa trong cấu hình (data.secret_key) khác khóa trong tệp %s; hãy dùng khóa mà hệ thống vẫn chạy và bỏ khóa kia", path)
	case given != nil:
		return given, nil
	case kept != nil:
		return kept, nil
	case cfg.Store.Kind == configs.StorePostgres:
		return nil, fmt.Errorf("%w; lấy khóa bằng lệnh: tongdai config key, rồi đặt data.secret_key cho mọi nút "+
			"(hoặc chép tệp %s của nút đang chạy vào %s)", errNoKey, keyFile, path)
	}
	key := newKey()
	return key, writeNew(path, key)
}

var errNoKey = errors.New("chưa có khóa của hệ thống, mà với kho postgres thì mọi nút phải dùng chung một khóa")

func newKey() []byte {
	key := make([]byte, configs.KeyBytes)
	rand.Read(key) // never fails: crypto/rand ends the program instead
	return key
}

// keptKey reads the key of a data folder; nil when it has none.
func keptKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case len(key) != configs.KeyBytes:
		return nil, fmt.Errorf("%s: khóa hỏng (%d byte, cần %d); hãy khôi phục từ bản sao lưu", path, len(key), configs.KeyBytes)
	}
	return key, nil
}

// writeNew writes a file that must not be there yet and survives a power cut.
func writeNew(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// derived is a key for one purpose, which tells nothing of the main one.
func (a *app) derived(purpose string, size int) ([]byte, error) {
	return hkdf.Key(sha256.New, a.key, nil, purpose, size)
}

var errOtherKey = errors.New("khóa của nút này khác khóa của các nút đã chạy trên cùng cơ sở dữ liệu, nên người dân và cán bộ sẽ bị ngắt phiên khi " +
	"chuyển nút; hãy đặt cùng một data.secret_key (hoặc tệp " + keyFile + ") như các nút kia")

// agreeOnKey keeps the fingerprint of the first node's key in the store, and
// refuses a node that has another. A node alone with its store has nobody to agree with.
func (a *app) agreeOnKey(ctx context.Context) error {
	if a.cfg.Store.Kind != configs.StorePostgres {
		return nil
	}
	shown, err := a.derived("fingerprint", sha256.Size)
	if err != nil {
		return err
	}
	var known, same bool
	err = a.store.Update(ctx, func(tx inbox.Writer) (err error) {
		known, same, err = tx.Remember(inbox.Key{Kind: "installation", Value: "key"}, sha256.Sum256(shown))
		return err
	})
	if err == nil && known && !same {
		err = errOtherKey
	}
	return err
}

// setupCode is the code for the first administrator, empty once there is
// anybody. All nodes derive the same, so that it opens whichever of them a
// browser reaches; it opens nothing once there is a member.
func (a *app) setupCode(ctx context.Context) (string, error) {
	members, err := a.hub.Members(ctx)
	if err != nil || len(members) > 0 {
		return "", err
	}
	secret, err := a.derived("setup code", 10) // 80 bits: 16 letters
	text := base32.StdEncoding.EncodeToString(secret)
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:], err
}

func newConfigKey(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the installation's key, which all nodes share, or a new one",
		Long: "Print the key from which all others are derived, for data.secret_key: the configured one, else that of\n" +
			"the data folder, else a new one, which is kept nowhere. Treat it like a password.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := s.load()
			if err != nil {
				return err
			}
			cfg.Store.Kind = configs.StorePostgres // whose nodes share a key, so that none is made and kept here
			key, err := mainKey(cfg)
			from := "Khóa đang dùng của hệ thống:"
			if errors.Is(err, errNoKey) {
				key, from = newKey(), "Khóa mới, chưa lưu ở đâu; hãy đặt cho mọi nút:"
			} else if err != nil {
				return err
			}
			fmt.Fprintln(cmd.ErrOrStderr(), from)
			_, err = fmt.Fprintln(cmd.OutOrStdout(), base64.StdEncoding.EncodeToString(key))
			return err
		},
	}
}
