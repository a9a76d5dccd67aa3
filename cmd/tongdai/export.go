package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"tongdai/inbox/store/transfer"
)

func newExport(s *settings) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write everything the store keeps into open files, while the hub is stopped",
		Long: "Write everything that the store keeps as JSON Lines, with a manifest, into a .zip file or a folder; see\n" +
			"docs/operate/export.md. The same content makes the same export, byte for byte, whichever store it is in.\n" +
			"Passwords' hashes and login sessions are left out. Attachments are in the media folder, not in the store.",
		Example: "  tongdai export --to tongdai-2026-11.zip\n  tongdai export --from postgres://tongdai@db.example/tongdai --to folder",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := s.exportFrom(from)
			if err != nil {
				return err
			}
			manifest, err := export(cmd, place, to)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "Đã xuất toàn bộ kho %s vào %s:\n", place.shown, to)
			var sum int64
			for _, k := range manifest.Kinds {
				sum += k.Items
				if k.File != "" {
					fmt.Fprintf(out, "  %s: %d (%s)\n", kindNames[k.Kind], k.Items, k.File)
				}
			}
			fmt.Fprintf(out, "Tổng cộng %d mục. Bản xuất chứa dữ liệu cá nhân của người dân: chỉ giữ ở nơi được phép.\n", sum)
			fmt.Fprintln(out, "Tệp đính kèm không nằm trong bản xuất: hãy chép thêm thư mục media (hoặc kho S3).")
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "a new .zip file, or a new folder")
	cmd.Flags().StringVar(&from, "from", "", "the store to read: "+placeUsage+" (default: as configured)")
	if err := cmd.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag stands above
	}
	return cmd
}

func (s *settings) exportFrom(from string) (storePlace, error) {
	if from != "" {
		place, err := parsePlace(from)
		if err != nil {
			err = fmt.Errorf("--from: %w", err)
		}
		return place, err
	}
	cfg, err := s.load()
	if err != nil {
		return storePlace{}, err
	}
	return configuredPlace(cfg)
}

func export(cmd *cobra.Command, place storePlace, to string) (m transfer.Manifest, err error) {
	source, err := place.source(cmd.Context())
	if err != nil {
		return m, moveTrouble(err, "kho "+place.shown)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	into, err := transfer.CreateArchive(to)
	if errors.Is(err, fs.ErrExist) {
		return m, fmt.Errorf("%s đã có; hãy chọn tên khác", to)
	}
	if err != nil {
		return m, err
	}
	tell := (&teller{out: cmd.ErrOrStderr()}).tell
	if m, err = transfer.Export(cmd.Context(), source, into, tell); err == nil {
		err = into.Commit()
	}
	if err != nil {
		err = errors.Join(err, into.Discard())
		if errors.Is(err, context.Canceled) {
			return m, errors.New("đã ngắt theo yêu cầu; không có gì được xuất")
		}
		return m, moveTrouble(err, "kho "+place.shown)
	}
	return m, nil
}
