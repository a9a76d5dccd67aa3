package main

import (
	"bytes"
	"context"
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
	"tongdai/inbox"
	"tongdai/inbox/journal"
	"tongdai/inbox/media"
	"tongdai/inbox/store/backup"
	"tongdai/inbox/store/transfer"
)

func newRestore(s *settings) *cobra.Command {
	var identity, copies string
	var check bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a store and its attachments anew from a backup; what would go out is held",
		Long: "Make the configured store and its attachments from a backup. There must be no store yet: what is there is\n" +
			"never written over. Broken off, the same command goes on. Started on it, the hub works as ever, but hands nothing\n" +
			"to any platform until a person releases it (tongdai release, or at the desk): what left after the backup was\n" +
			"written is not known to it. See docs/operate/backup.md.",
		Example: "  tongdai restore /srv/backup/tongdai-20261122-013000.backup --data /var/lib/tongdai\n" +
			"  tongdai restore --check tongdai.backup.age --identity key.txt",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			keys, err := identities(identity)
			if err != nil {
				return err
			}
			f, err := backup.Open(args[0], keys...)
			if err != nil {
				return restoreTrouble(err)
			}
			defer f.Close()
			tell := &backupTeller{out: cmd.ErrOrStderr()}
			if check {
				return checkBackup(cmd, f, tell.tell)
			}
			cfg, err := s.load()
			if err != nil {
				return err
			}
			return restoration{cfg: cfg, file: f, journal: copies, out: cmd.OutOrStdout(), progress: cmd.ErrOrStderr()}.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "file with the age key that opens an encrypted backup")
	cmd.Flags().StringVar(&copies, "journal", "", "folder of the journal: what came in after the backup is taken in as well")
	cmd.Flags().BoolVar(&check, "check", false, "read all of the backup, say whether it is whole, change nothing")
	return cmd
}

func identities(path string) ([]age.Identity, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	keys, err := age.ParseIdentities(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%s không phải tệp khóa của age: %w", path, err)
	}
	return keys, nil
}

func checkBackup(cmd *cobra.Command, f *backup.File, tell func(backup.Progress)) error {
	if err := f.Verify(cmd.Context(), tell); err != nil {
		return restoreTrouble(err)
	}
	m := f.Manifest
	fmt.Fprintf(cmd.OutOrStdout(), "Bản sao lưu lúc %s còn nguyên vẹn: %d mục của kho, %d tệp đính kèm (%.1f MB).\n",
		inZone(m.At), m.Items(), len(m.Files), float64(m.Bytes())/(1<<20))
	return nil
}

func inZone(at time.Time) string { return at.In(configs.Zone).Format("15:04 02/01/2006") }

// restoreTrouble says in people's words why a backup is of no use.
func restoreTrouble(err error) error {
	words := ""
	switch {
	case errors.Is(err, backup.ErrSealed):
		words = "bản sao lưu này được mã hóa; hãy đưa tệp khóa age mở được nó bằng --identity"
	case errors.Is(err, backup.ErrNewer):
		words = "bản sao lưu này do một bản tongdai mới hơn ghi; hãy cài bản đó rồi khôi phục"
	case errors.Is(err, backup.ErrNot):
		words = "đây không phải bản sao lưu của tongdai, hoặc tệp bị cắt cụt; hãy chọn tệp khác"
	case errors.Is(err, backup.ErrDamaged), errors.Is(err, transfer.ErrBroken):
		words = "bản sao lưu này bị hỏng; hãy dùng bản khác"
	default:
		return err
	}
	return fmt.Errorf("%s\n(%w)", words, err)
}

// restoration makes a store from a backup.
type restoration struct {
	cfg      configs.Config
	file     *backup.File
	journal  string // folder; empty: there is none
	out      io.Writer
	progress io.Writer
}

func (r restoration) run(ctx context.Context) error {
	if err := os.MkdirAll(r.cfg.Data.Folder, 0o750); err != nil {
		return err
	}
	if err := r.key(); err != nil {
		return err
	}
	if err := r.store(ctx); err != nil {
		return err
	}
	if err := r.attachments(ctx); err != nil {
		return err
	}
	if err := r.settings(); err != nil {
		return err
	}
	if err := r.replay(ctx); err != nil {
		return err
	}
	r.say()
	return nil
}

// key puts the installation's key into its place, where the backup has it. A
// store that goes with another key is told before anything is made of it.
func (r restoration) key() error {
	path := filepath.Join(r.cfg.Data.Folder, keyFile)
	kept, err := keptKey(path)
	if err != nil {
		return err
	}
	given, err := r.cfg.Data.Key()
	if err != nil {
		return fmt.Errorf("data.secret_key: %w", err)
	}
	here := kept
	if given != nil {
		here = given
	}
	saved, err := r.file.Config(keyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return restoreTrouble(fmt.Errorf("%w: %w", backup.ErrDamaged, err))
	}
	switch {
	case here == nil && saved != nil:
		return writeNew(path, saved)
	case here == nil:
		fmt.Fprintf(r.progress, "CHÚ Ý: không có khóa của hệ thống (%s). Hãy chép tệp %s cũ vào %s trước khi chạy; nếu không, phiên trò chuyện "+
			"đang mở sẽ mất và các kênh phải kết nối lại.\n", keyFile, keyFile, path)
		return nil
	}
	shown, err := fingerprintOf(here)
	if err == nil && shown != r.file.Manifest.Key {
		fmt.Fprintf(r.progress, "CHÚ Ý: khóa của hệ thống ở đây (%s) khác khóa của bản sao lưu (%s): các kênh phải kết nối lại, "+
			"trừ khi dùng đúng tệp %s cũ.\n", shown, r.file.Manifest.Key, keyFile)
	}
	return err
}

func (r restoration) store(ctx context.Context) error {
	place, err := configuredPlace(r.cfg)
	if err != nil {
		return err
	}
	target, err := place.target(ctx)
	if err != nil {
		return moveTrouble(err, "kho "+place.shown)
	}
	state, err := target.State(ctx)
	if err == nil && state.Begun {
		if mark, _ := r.file.Mark(ctx); mark != state.Mark {
			err = target.Discard(ctx) // of another backup that nobody went on with
		}
	}
	if err == nil {
		held := backup.Held{File: r.file, Hold: inbox.Hold{BackupAt: r.file.Manifest.At}}
		_, err = transfer.Move(ctx, held, target, (&teller{out: r.progress}).tell)
	}
	err = errors.Join(err, target.Close())
	if errors.Is(err, transfer.ErrOccupied) {
		return fmt.Errorf("kho %s đã có dữ liệu nên không được ghi đè: hãy dừng hệ thống, chuyển kho cũ sang chỗ khác (đừng xóa), rồi chạy lại lệnh này", place.shown)
	}
	if trouble := restoreTrouble(err); trouble != err {
		return trouble
	}
	if err != nil {
		return moveTrouble(err, "kho "+place.shown)
	}
	return nil
}

func (r restoration) attachments(ctx context.Context) error {
	files, err := mediaStore(r.cfg, media.Options{Log: silent})
	if err != nil {
		return err
	}
	for i, f := range r.file.Manifest.Files {
		if err := r.attachment(ctx, files, f); err != nil {
			return fmt.Errorf("tệp đính kèm %s: %w", f.ID, err)
		}
		if i%100 == 99 {
			fmt.Fprintf(r.progress, "  đã chép tệp đính kèm: %d…\n", i+1)
		}
	}
	return nil
}

func (r restoration) attachment(ctx context.Context, files *media.Store, f backup.ManifestFile) (err error) {
	if _, err := files.Verify(ctx, f.ID); err == nil {
		return nil // there already, and sound
	}
	from, err := r.file.Attachment(f.ID)
	if err != nil {
		return restoreTrouble(fmt.Errorf("%w: %w", backup.ErrDamaged, err))
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	kept, err := files.Put(ctx, f.ID, from)
	if err == nil && kept.ID != f.ID {
		err = restoreTrouble(fmt.Errorf("%w: it is %s now", backup.ErrDamaged, kept.ID))
	}
	return err
}

// journalMargin is from how long before the backup the journal is read: what is
// in both is known to the store by its keys.
const journalMargin = time.Hour

// replay takes in what the journal has and the backup has not. It works on the
// store as the hub does, but answers nothing: that waits for the hub to run.
func (r restoration) replay(ctx context.Context) error {
	if r.journal == "" {
		return nil
	}
	cfg := r.cfg
	cfg.Journal.Folder = "" // what is read there need not be written there again
	a, err := openApp(ctx, cfg, silent, nil)
	if err != nil {
		return err
	}
	records, damaged, strange := 0, 0, 0
	for record, err := range journal.Read(r.journal, r.file.Manifest.At.Add(-journalMargin)) {
		if errors.Is(err, journal.ErrDamaged) {
			damaged++
			fmt.Fprintf(r.progress, "CHÚ Ý: %v; phần sau trong tệp đó không đọc được\n", err)
			continue
		}
		if err == nil {
			err = a.hub.Receive(ctx, record.Raw, record.In)
			if errors.Is(err, inbox.ErrNotFound) { // a channel that is not configured any more
				strange++
				continue
			}
		}
		if err != nil {
			return errors.Join(err, a.close())
		}
		records++
	}
	fmt.Fprintf(r.out, "Đã đọc lại %d lần nhận từ nhật ký %s.\n", records, r.journal)
	if strange > 0 {
		fmt.Fprintf(r.out, "CHÚ Ý: %d lần nhận thuộc kênh không còn trong cấu hình, chưa đưa vào; thêm lại kênh đó rồi chạy lại trên chỗ trống.\n", strange)
	}
	if damaged > 0 {
		fmt.Fprintf(r.out, "CHÚ Ý: %d tệp nhật ký bị hỏng một phần.\n", damaged)
	}
	return a.close()
}

// settings lays the configuration of then beside that of now: which one holds,
// people decide.
func (r restoration) settings() error {
	folder := filepath.Join(r.cfg.Data.Folder, restoredPath)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for _, name := range r.file.Manifest.Config {
		if name == keyFile {
			continue
		}
		text, err := r.file.Config(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(name)), bytes.Clone(text), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r restoration) say() {
	m := r.file.Manifest
	fmt.Fprintf(r.out, `Đã khôi phục bản sao lưu lúc %s: %d mục của kho, %d tệp đính kèm.
Việc còn lại:
 1. Cấu hình lúc sao lưu nằm ở %s, để so với cấu hình đang dùng.
 2. Chạy tongdai serve. Mọi việc chạy như thường, chỉ tin gửi ra các kênh được giữ lại, vì tin gửi sau lúc sao lưu
    hệ thống không còn biết.
 3. Xem lại rồi cho gửi: ở bàn làm việc, hoặc dừng hệ thống và chạy tongdai release --aside (để riêng tin đang chờ, xem
    từng tin) hay --send (gửi hết).
 4. Các nền tảng gửi lại những gì chúng còn giữ; phần trước đó lấy về bằng "Đối chiếu" ở Quản trị → Kênh.
`, inZone(m.At), m.Items(), len(m.Files), filepath.Join(r.cfg.Data.Folder, restoredPath))
	if len(m.Missing) > 0 {
		fmt.Fprintf(r.out, "CHÚ Ý: %d tệp đính kèm không có trong bản sao lưu.\n", len(m.Missing))
	}
}

func newRelease(s *settings) *cobra.Command {
	var send, aside bool
	cmd := &cobra.Command{
		Use:   "release",
		Short: "After a restore: let out what waits, or set it aside for people to look at",
		Long: "After a restore nothing is handed to any platform. Release it: --aside parks what waited at the moment of this\n" +
			"command, for people to send again one by one; --send lets everything out, what was sent before as well.\n" +
			"With the embedded store the hub must not run meanwhile; at the desk the same can be done while it does.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withHub(cmd.Context(), func(a *app) error {
				err := a.hub.Release(cmd.Context(), console, aside)
				if errors.Is(err, inbox.ErrNotFound) {
					return errors.New("không có gì đang được giữ lại")
				}
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), "Đã thôi giữ. Chạy tongdai serve để tiếp tục gửi.")
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&send, "send", false, "send what waits")
	cmd.Flags().BoolVar(&aside, "aside", false, "park what waits")
	cmd.MarkFlagsOneRequired("send", "aside")
	cmd.MarkFlagsMutuallyExclusive("send", "aside")
	return cmd
}
