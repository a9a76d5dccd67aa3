package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tongdai/configs"
	"tongdai/kb"
)

func newKBReindex(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "reindex",
		Short: "Make the search index of the answers anew",
		Long: "Make the index in which answers are found anew from the knowledge base, beside the one in use, and put it\n" +
			"in its place. The index follows every publication by itself: this is for one that is suspected to be wrong.\n" +
			"It runs while the hub rests. With PostgreSQL each node keeps an index of its own: stop the node, remove\n" +
			"the folder \"index\" of its data, and start it again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withKnowledge(cmd.Context(), "hãy dừng rồi chạy lại lệnh này; lúc chạy, chỉ mục tự theo kho hỏi đáp", func(a *app) error {
				if a.cfg.Store.Kind == configs.StorePostgres {
					return errors.New("với PostgreSQL mỗi nút giữ chỉ mục riêng; hãy dừng nút, xóa thư mục index trong thư mục dữ liệu của nút rồi khởi động lại")
				}
				out := cmd.OutOrStdout()
				if err := kb.Rebuild(cmd.Context(), a.store, a.index, func(done int) {
					fmt.Fprintf(out, "đã đọc %d mục\n", done)
				}); err != nil {
					return err
				}
				_, err := fmt.Fprintf(out, "chỉ mục mới có %d mục đang dùng\n", a.index.Len())
				return err
			})
		},
	}
}
