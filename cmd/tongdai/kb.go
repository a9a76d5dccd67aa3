package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
)

// keeper is who imports on the command line: somebody with the data folder.
var keeper = inbox.Actor{Member: inbox.Member{ID: "console", Role: inbox.Admin}, Address: "console"}

func newKB(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "kb", Short: "Import and export questions and answers, and ask them"}
	cmd.AddCommand(newKBImport(s), newKBUndo(s), newKBExport(s), newKBAsk(s), newKBEval(s), newKBCheck(s), newKBReindex(s))
	return cmd
}

// withKnowledge opens the data folder for one command, and says what to do
// instead while the hub works on it.
func (s *settings) withKnowledge(ctx context.Context, instead string, do func(a *app) error) error {
	err := s.withHub(ctx, do)
	if errors.Is(err, bolt.ErrInUse) {
		return fmt.Errorf("tổng đài đang chạy trên thư mục dữ liệu này; %s", instead)
	}
	return err
}

func newKBImport(s *settings) *cobra.Command {
	var apply, retire, asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Check files of questions and answers and say what they would change; with --apply, change it",
		Long: "Read files of questions and answers (.xlsx, .xls, .csv) and say every mistake by sheet and cell, and\n" +
			"what would change. With --apply all files are applied together, in one transaction, which \"tongdai kb\n" +
			"undo\" takes back. With a mistake in any of them nothing is applied and the command ends with 1.\n" +
			"What the files leave out stays as it is; with --retire-missing, published entries of the departments in\n" +
			"the files that the files do not have are retired.",
		Example: "  tongdai kb import so-y-te.xlsx so-noi-vu.xls\n  tongdai kb import so-y-te.xlsx --apply",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := readWorkbooks(args)
			if err != nil {
				return err
			}
			return s.withKnowledge(cmd.Context(), "hãy nhập ở trang Kho hỏi đáp", func(a *app) error {
				r, err := importFiles(cmd.Context(), a.hub, files, importOrder{apply: apply, retire: retire})
				if err != nil {
					return err
				}
				if err := r.print(cmd.OutOrStdout(), asJSON); err != nil {
					return err
				}
				if len(r.Problems) > 0 {
					return errTold
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "apply the changes")
	cmd.Flags().BoolVar(&retire, "retire-missing", false, "retire what the files do not have of their departments")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func newKBUndo(s *settings) *cobra.Command {
	var rest, asJSON bool
	cmd := &cobra.Command{
		Use:   "undo",
		Short: "Take back the last import",
		Long: "Bring every entry of the last import back to what it was before; entries that the import brought are\n" +
			"retired. When entries were changed since, they are named and nothing is taken back, unless --rest asks\n" +
			"for all the others. Run again, it takes back the import before.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withKnowledge(cmd.Context(), "hãy hoàn tác ở trang Nhập từ tệp", func(a *app) error {
				r, err := undoLast(cmd.Context(), a.hub, rest)
				if err != nil {
					return err
				}
				if err := r.print(cmd.OutOrStdout(), asJSON); err != nil {
					return err
				}
				if !r.Undone {
					return errTold
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&rest, "rest", false, "take back the entries that nobody has changed since")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func readWorkbooks(paths []string) ([]inbox.Workbook, error) {
	var files []inbox.Workbook
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("không đọc được tệp: %w", err)
		}
		files = append(files, inbox.Workbook{Name: filepath.Base(path), Data: data})
	}
	return files, nil
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
