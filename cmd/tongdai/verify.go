package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tongdai/configs"
	"tongdai/inbox/media"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/transfer"
)

// What a verification ends with, beside 0 (sound) and 1 (it could not be done).
const exitDamaged = 2

// verification is what "tongdai verify" tells.
type verification struct {
	Store    string         `json:"store"`
	Running  bool           `json:"running"` // by the hub that has the store, while it runs
	Sound    bool           `json:"sound"`
	Whole    bool           `json:"whole"` // the structure of the file was checked as well
	Records  int64          `json:"records"`
	Bytes    int64          `json:"bytes"`
	Seconds  float64        `json:"seconds"`
	Files    int            `json:"attachments"`
	Size     int64          `json:"attachment_bytes"`
	Findings []bolt.Finding `json:"findings"`
	More     int            `json:"more,omitempty"` // findings beyond those listed
	Notes    []string       `json:"notes,omitempty"`
}

func newVerify(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Read everything that is kept, and tell what is not as it was written",
		Long: "Read everything that the store keeps and every attachment, and tell what is damaged or missing. Nothing is\n" +
			"changed. While the hub runs, it reads its own store, which holds up nobody; the structure of the file can only be\n" +
			"checked while the hub is stopped. See docs/operate/storage.md.\n\n" +
			"Exit status: 0 everything is sound, 2 something is damaged, 1 it could not be verified.",
		Example: "  tongdai verify --data /var/lib/tongdai\n  tongdai verify --json > verify.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := s.load()
			if err != nil {
				return err
			}
			v, err := verify(cmd.Context(), cfg, told(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				err = enc.Encode(v)
			} else {
				v.print(cmd.OutOrStdout())
			}
			if err == nil && !v.Sound {
				err = exit(exitDamaged)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// told prints how far a verification has come, now and then.
func told(out io.Writer) func(done, total int64) {
	last := time.Now()
	return func(done, total int64) {
		if time.Since(last) < tellEvery {
			return
		}
		last = time.Now()
		if total > 0 {
			fmt.Fprintf(out, "  đang kiểm tra: %d / %d MB…\n", done>>20, total>>20)
		} else {
			fmt.Fprintf(out, "  đang kiểm tra: %d MB…\n", done>>20)
		}
	}
}

// verify looks at the configured store and its attachments.
func verify(ctx context.Context, cfg configs.Config, tell func(done, total int64)) (*verification, error) {
	if cfg.Store.Kind == configs.StorePostgres {
		return verifyDatabase(ctx, cfg, tell)
	}
	path := filepath.Join(cfg.Data.Folder, cfg.Store.Path)
	begun := time.Now()
	files := make(carriers)
	found, err := bolt.Verify(ctx, path, bolt.VerifyOptions{Progress: tell, File: files.add})
	switch {
	case errors.Is(err, transfer.ErrInUse):
		return verifyRunning(ctx, cfg, err)
	case errors.Is(err, transfer.ErrMissing):
		return nil, fmt.Errorf("không có kho ở %s; hãy kiểm tra --data và --config", path)
	case err != nil:
		return nil, err
	}
	v := fileVerification(path, found)
	if err := v.verifyFiles(ctx, cfg, files); err != nil {
		return nil, err
	}
	v.Seconds = time.Since(begun).Seconds()
	return v, nil
}

func fileVerification(path string, found *bolt.Verification) *verification {
	return &verification{
		Store: path, Whole: found.Whole, Records: found.Records, Bytes: found.Bytes,
		Findings: found.Findings, More: found.More, Sound: found.Sound(),
	}
}

// carriers are the attachments that are referred to, each with what refers to it.
type carriers map[string]string

func (c carriers) add(id, carrier string) { c[id] = cmp.Or(c[id], carrier) }

// verifyFiles reads every attachment that is referred to.
func (v *verification) verifyFiles(ctx context.Context, cfg configs.Config, files carriers) error {
	if len(files) == 0 {
		return nil
	}
	kept, err := mediaStore(cfg, media.Options{Log: silent})
	if err != nil {
		return err
	}
	return v.readFiles(ctx, kept, files)
}

func (v *verification) readFiles(ctx context.Context, kept *media.Store, files carriers) error {
	for id, carrier := range files {
		size, err := kept.Verify(ctx, id)
		wrong := ""
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, media.ErrNotFound):
			wrong = "không còn trong kho tệp"
		case errors.Is(err, media.ErrCorrupt):
			wrong = "nội dung không khớp tên, tức là đã bị hỏng"
		case err != nil:
			return fmt.Errorf("không đọc được kho tệp đính kèm: %w", err)
		}
		v.Files++
		v.Size += size
		if wrong != "" {
			v.find("attachments", id, fmt.Sprintf("tệp đính kèm %s (%s): %s", id, carrier, wrong))
		}
	}
	return nil
}

// findingsListed bounds what is told one by one.
const findingsListed = 1000

func (v *verification) find(table, key, words string) {
	v.Sound = false
	if len(v.Findings) >= findingsListed {
		v.More++
		return
	}
	v.Findings = append(v.Findings, bolt.Finding{Table: table, Key: key, Words: words})
}

func (v *verification) print(out io.Writer) {
	speed := 0.0
	if v.Seconds > 0 {
		speed = float64(v.Bytes+v.Size) / 1e6 / v.Seconds
	}
	fmt.Fprintf(out, "Đã kiểm tra %s: %d bản ghi, %.1f MB; %d tệp đính kèm, %.1f MB; %.1f giây (%.0f MB/giây).\n",
		v.Store, v.Records, float64(v.Bytes)/1e6, v.Files, float64(v.Size)/1e6, v.Seconds, speed)
	for _, note := range v.Notes {
		fmt.Fprintln(out, "Lưu ý: "+note)
	}
	if v.Sound {
		fmt.Fprintln(out, "Không có gì bị hỏng hay thiếu.")
		return
	}
	fmt.Fprintf(out, "Có %d chỗ hỏng hoặc thiếu:\n", len(v.Findings)+v.More)
	for _, f := range v.Findings {
		fmt.Fprintln(out, "  - "+f.Words)
	}
	if v.More > 0 {
		fmt.Fprintf(out, "  … và %d chỗ nữa.\n", v.More)
	}
	fmt.Fprintln(out, "Cách xử lý: giữ nguyên tệp kho và thư mục dữ liệu, khôi phục bản sao lưu gần nhất còn tốt bằng lệnh tongdai restore;")
	fmt.Fprintln(out, "kiểm tra ổ đĩa và bộ nhớ của máy chủ trước khi dùng tiếp. Xem docs/operate/storage.md.")
}
