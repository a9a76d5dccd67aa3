package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"tongdai/configs"
	"tongdai/connectors/content"
	"tongdai/inbox/media"
	"tongdai/inbox/store/backup"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/postgres"
	"tongdai/inbox/store/transfer"
)

func newBackup(s *settings) *cobra.Command {
	var to string
	var recipients []string
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Write everything into one file, also while the hub runs",
		Long: "Write the store, the attachments and the configuration into one file, and try whether a store can be made of\n" +
			"it again. The hub goes on working meanwhile. With --recipient the file is encrypted with age and holds secrets as\n" +
			"well; without, it holds none. See docs/operate/backup.md.",
		Example: "  tongdai backup --to /srv/backup/tongdai.backup\n  tongdai backup --to tongdai.backup.age --recipient age1…",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := s.load()
			if err != nil {
				return err
			}
			order, err := newBackupOrder(to, recipients, cfg.Backup.Recipients)
			if err != nil {
				return err
			}
			m, err := s.backUp(cmd.Context(), cfg, order, (&backupTeller{out: cmd.ErrOrStderr()}).tell)
			if err != nil {
				return err
			}
			printBackup(cmd.OutOrStdout(), order, m)
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the new file")
	cmd.Flags().StringSliceVar(&recipients, "recipient", nil, "age public key that can open it (default: backup.recipients)")
	if err := cmd.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag stands above
	}
	return cmd
}

// backupOrder is what is asked of whoever writes a backup.
type backupOrder struct {
	To         string   `json:"to"` // absolute
	Recipients []string `json:"recipients,omitempty"`
}

func newBackupOrder(to string, recipients, usual []string) (o backupOrder, err error) {
	if len(recipients) == 0 {
		recipients = usual
	}
	if o.To, err = filepath.Abs(to); err != nil {
		return o, err
	}
	if _, err := os.Lstat(o.To); !errors.Is(err, fs.ErrNotExist) {
		return o, cmp.Or(err, fmt.Errorf("%s đã có; hãy chọn tên khác", o.To))
	}
	o.Recipients = recipients
	_, err = o.keys()
	return o, err
}

func (o backupOrder) keys() (keys []age.Recipient, err error) {
	for _, text := range o.Recipients {
		key, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, fmt.Errorf("%q không phải khóa công khai của age (age1…): %w", text, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// backUp writes a backup: here when nobody has the store, or when it is a
// database; else the hub that has it does.
func (s *settings) backUp(ctx context.Context, cfg configs.Config, o backupOrder, tell func(backup.Progress)) (backup.Manifest, error) {
	key, err := mainKey(cfg)
	if err != nil {
		return backup.Manifest{}, err
	}
	source, err := momentOf(ctx, cfg)
	if errors.Is(err, transfer.ErrInUse) {
		return backupRunning(ctx, cfg, key, o, tell, err)
	}
	if err != nil {
		return backup.Manifest{}, moveTrouble(err, "kho")
	}
	files, err := mediaStore(cfg, media.Options{Log: silent})
	if err != nil {
		return backup.Manifest{}, errors.Join(err, source.Close())
	}
	m, err := backupJob{cfg: cfg, file: s.config, key: key, store: source, media: files}.write(ctx, o, tell)
	return m, errors.Join(err, source.Close())
}

// momentOf reads the configured store as it is now.
func momentOf(ctx context.Context, cfg configs.Config) (transfer.Source, error) {
	if cfg.Store.Kind == configs.StorePostgres {
		return asSource(postgres.OpenSnapshot(ctx, cmp.Or(string(cfg.Store.Postgres.ListenURL), string(cfg.Store.Postgres.URL))))
	}
	return asSource(bolt.OpenSource(filepath.Join(cfg.Data.Folder, cfg.Store.Path)))
}

// backupJob is all that a backup is made of.
type backupJob struct {
	cfg   configs.Config
	file  string // of the configuration; empty: the shipped one
	key   []byte
	store transfer.Source
	media *media.Store
}

// write makes the file aside, reads it back, makes a store of it to see that
// this is possible, and only then gives it its name.
func (j backupJob) write(ctx context.Context, o backupOrder, tell func(backup.Progress)) (m backup.Manifest, err error) {
	keys, err := o.keys()
	if err != nil {
		return m, err
	}
	// Who may open it need not be here: a key of this moment reads it back.
	var own []age.Identity
	if len(keys) > 0 {
		once, err := age.GenerateX25519Identity()
		if err != nil {
			return m, err
		}
		keys, own = append(keys, once.Recipient()), []age.Identity{once}
	}
	if err := os.MkdirAll(filepath.Dir(o.To), 0o700); err != nil {
		return m, err
	}
	making := filepath.Join(filepath.Dir(o.To), "."+filepath.Base(o.To)+".tongdai-unfinished")
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(making))
		}
	}()
	if m, err = j.fill(ctx, making, keys, tell); err != nil {
		return m, err
	}
	if err = tryBackup(ctx, making, own); err != nil {
		return m, fmt.Errorf("bản sao lưu vừa ghi không khôi phục thử được: %w", err)
	}
	return m, os.Rename(making, o.To)
}

func (j backupJob) fill(ctx context.Context, path string, keys []age.Recipient, tell func(backup.Progress)) (m backup.Manifest, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var into io.Writer = file
	end := func() error { return nil }
	if len(keys) > 0 {
		sealed, err := age.Encrypt(file, keys...)
		if err != nil {
			return m, err
		}
		into, end = sealed, sealed.Close
	}
	shown, err := fingerprintOf(j.key)
	if err != nil {
		return m, err
	}
	settings, err := j.settings(len(keys) > 0)
	if err != nil {
		return m, err
	}
	m, err = backup.Write(ctx, into, backup.Parts{
		Store: j.store, Program: version, Key: shown, Now: time.Now(), Attachment: j.attachment, Config: settings, Tell: tell,
	})
	return m, errors.Join(err, end(), file.Sync())
}

// attachment opens one that is sound.
func (j backupJob) attachment(ctx context.Context, id string) (io.ReadCloser, error) {
	_, err := j.media.Verify(ctx, id)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil: // gone or damaged: the manifest says so, and verify tells more
		return nil, nil
	}
	return j.media.Read(ctx, content.Attachment{ID: id})
}

// The names of what a backup keeps of the configuration.
const (
	shownConfig  = "settings.yaml" // all settings in force, secrets masked
	wholeConfig  = "tongdai.yaml"
	restoredPath = "restored-config"
)

// settings are the files of the configuration; secrets are among them only
// where nobody but who has the key can read them.
func (j backupJob) settings(sealed bool) (map[string][]byte, error) {
	var shown bytes.Buffer
	if err := configs.Show(&shown, j.cfg); err != nil {
		return nil, err
	}
	files := map[string][]byte{shownConfig: shown.Bytes()}
	if !sealed {
		return files, nil
	}
	files[keyFile] = j.key
	if j.file == "" {
		return files, nil
	}
	whole, err := os.ReadFile(j.file)
	files[wholeConfig] = whole
	return files, err
}

// fingerprintOf tells one installation's key from others, and nothing of it.
func fingerprintOf(key []byte) (string, error) {
	shown, err := hkdf.Key(sha256.New, key, nil, "fingerprint", sha256.Size)
	return hex.EncodeToString(shown[:8]), err
}

// tryBackup reads all of a backup and makes a store of it that nobody uses.
func tryBackup(ctx context.Context, path string, own []age.Identity) (err error) {
	f, err := backup.Open(path, own...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Verify(ctx, nil); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), ".tongdai-trial-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	target, err := bolt.OpenTarget(filepath.Join(folder, "trial.db"))
	if err != nil {
		return err
	}
	_, err = transfer.Move(ctx, backup.Held{File: f}, target, func(transfer.Step, transfer.Kind, int64, bool) {})
	return errors.Join(err, target.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// backupTeller shows how far a backup has come, now and then.
type backupTeller struct {
	out  io.Writer
	told time.Time
}

func (t *backupTeller) tell(p backup.Progress) {
	if !p.Done && time.Since(t.told) < tellEvery || p.Items == 0 {
		return
	}
	t.told = time.Now()
	name := cmp.Or(kindNames[p.Kind], "tệp đính kèm")
	if p.Done {
		fmt.Fprintf(t.out, "  xong %s: %d\n", name, p.Items)
	} else {
		fmt.Fprintf(t.out, "  đang ghi %s: %d…\n", name, p.Items)
	}
}

func printBackup(out io.Writer, o backupOrder, m backup.Manifest) {
	size := int64(0)
	if info, err := os.Stat(o.To); err == nil {
		size = info.Size()
	}
	fmt.Fprintf(out, "Đã sao lưu vào %s (%.1f MB): %d mục của kho, %d tệp đính kèm. Đã khôi phục thử được.\n",
		o.To, float64(size)/(1<<20), m.Items(), len(m.Files))
	if len(m.Missing) > 0 {
		fmt.Fprintf(out, "CHÚ Ý: %d tệp đính kèm không còn hoặc bị hỏng nên không có trong bản sao lưu; chạy tongdai verify để biết là tệp nào.\n", len(m.Missing))
	}
	if len(o.Recipients) == 0 {
		fmt.Fprintf(out, "Bản này không mã hóa và không có khóa của hệ thống: hãy giữ riêng tệp %s và tệp cấu hình. Nó chứa dữ liệu cá nhân: chỉ giữ ở nơi được phép.\n", keyFile)
	}
}
