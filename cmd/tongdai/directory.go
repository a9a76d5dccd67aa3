package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/revisions"
	"tongdai/kb/sheet"
)

func newDirectory(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "directory", Short: "Import and export departments, fields, places and who is in charge"}
	cmd.AddCommand(newDirectoryExport(s), newDirectoryImport(s), newDirectoryUndo(s))
	return cmd
}

func newDirectoryExport(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "export FILE.xlsx",
		Short: "Write the directory into an Excel file that imports unchanged",
		Long: "Write departments with their contact points, fields, places and who is in charge into a new Excel file, as\n" +
			"Annex 2 is kept. The file can be worked on and imported again; as it is, importing it changes nothing.",
		Example: "  tongdai directory export phu-luc-2.xlsx",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withKnowledge(cmd.Context(), "hãy xuất ở trang Đơn vị và phân công", func(a *app) error {
				var book bytes.Buffer
				if err := a.directory.Export(cmd.Context(), keeper, &book); err != nil {
					return err
				}
				return writeOut(args[0], &book)
			})
		},
	}
}

// writeOut writes a new file, and leaves one that is there alone.
func writeOut(path string, content io.WriterTo) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if os.IsExist(err) {
		return fmt.Errorf("đã có tệp %s; xin chọn tên khác", path)
	}
	if err != nil {
		return err
	}
	_, err = content.WriteTo(file)
	return errors.Join(err, file.Close())
}

func newDirectoryImport(s *settings) *cobra.Command {
	var apply, asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Check an Excel file of the directory and say what it would change; with --apply, change it",
		Long: "Read an Excel file as Annex 2 is kept and say every mistake by sheet and cell, and what would be new,\n" +
			"changed or gone. With --apply it is applied as one revision, which \"tongdai directory undo\" takes back.\n" +
			"With a mistake nothing is applied and the command ends with 1. A sheet that the file does not have leaves\n" +
			"its list as it is; a row that a sheet does not have is gone.",
		Example: "  tongdai directory import phu-luc-2.xlsx\n  tongdai directory import phu-luc-2.xlsx --apply",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := readWorkbooks(args)
			if err != nil {
				return err
			}
			return s.withKnowledge(cmd.Context(), "hãy nhập ở trang Đơn vị và phân công", func(a *app) error {
				p, err := importDirectory(cmd.Context(), a.directory, files[0], apply)
				if err != nil {
					return err
				}
				if err := printDirectory(cmd.OutOrStdout(), p, asJSON); err != nil {
					return err
				}
				if len(p.Problems) > 0 {
					return errTold
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "apply the changes")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// importDirectory previews a file, and applies it when asked and faultless.
func importDirectory(ctx context.Context, k *revisions.Keeper, file inbox.Workbook, apply bool) (revisions.Preview, error) {
	p, err := k.PreviewImport(ctx, keeper, file)
	if err == nil && apply && len(p.Problems) == 0 && len(p.Changes) > 0 {
		return k.ApplyImport(ctx, keeper, p.Revision, file)
	}
	return p, err
}

// directoryReport is what an import says, as --json prints it.
type directoryReport struct {
	Applied  bool               `json:"applied"`
	Revision int                `json:"revision"` // compared with; once applied, made
	Problems []importProblem    `json:"problems"`
	Notes    []importNote       `json:"notes"`
	Changes  []directory.Change `json:"changes"`
}

func printDirectory(w io.Writer, p revisions.Preview, asJSON bool) error {
	if asJSON {
		r := directoryReport{Applied: p.Applied, Revision: p.Revision, Problems: []importProblem{}, Notes: []importNote{}, Changes: []directory.Change{}}
		for _, problem := range p.Problems {
			r.Problems = append(r.Problems, importProblem{problem.File, problem.Sheet, problem.Cell, problem.Message, problem.String()})
		}
		for _, n := range p.Notes {
			r.Notes = append(r.Notes, importNote{n.File, n.Sheet, n.Message, n.String()})
		}
		r.Changes = append(r.Changes, p.Changes...)
		return printJSON(w, r)
	}
	var b strings.Builder
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "%s\n", n)
	}
	for _, problem := range p.Problems {
		fmt.Fprintf(&b, "%s\n", problem)
	}
	printChanges(&b, p.Changes)
	switch {
	case len(p.Problems) > 0:
		fmt.Fprintf(&b, "Có %d chỗ cần sửa. Chưa thay đổi gì; hãy sửa tệp rồi nhập lại.\n", len(p.Problems))
	case p.Applied:
		fmt.Fprintf(&b, "Đã nhập thành bản %d. Muốn lấy lại như trước: tongdai directory undo\n", p.Revision)
	case len(p.Changes) == 0:
		fmt.Fprintf(&b, "Không có gì để thay đổi.\n")
	default:
		fmt.Fprintf(&b, "Chưa thay đổi gì. Để nhập, chạy lại với --apply.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// hows and lists are what people call a change and a list.
var (
	hows  = map[string]string{directory.Added: "Mới", directory.Changed: "Thay đổi", directory.Removed: "Bỏ"}
	lists = map[string]string{
		directory.DepartmentList: "đơn vị", directory.FieldList: "lĩnh vực", directory.LocalityList: "địa bàn", directory.RuleList: "phân công",
	}
)

func printChanges(b *strings.Builder, changes []directory.Change) {
	for _, c := range changes {
		fmt.Fprintf(b, "%s %s: %s\n", hows[c.How], lists[c.List], c.Name)
		if c.How != directory.Changed {
			continue
		}
		for _, f := range c.Fields {
			fmt.Fprintf(b, "    %s: %s → %s\n", directory.Title(f.Key), short(f.Old), short(f.New))
		}
	}
}

func newDirectoryUndo(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "undo",
		Short: "Take back the last change of the directory",
		Long:  "Make the directory again what it was before its newest revision. That is a revision too: run again, the change is back.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withKnowledge(cmd.Context(), "hãy hoàn tác ở trang Đơn vị và phân công", func(a *app) error {
				last := a.directory.Current().Revision
				if last == 1 {
					return errors.New("danh mục chưa có thay đổi nào để hoàn tác")
				}
				made, err := a.directory.Undo(cmd.Context(), keeper, last, last-1)
				if err != nil {
					return err
				}
				var b strings.Builder
				printChanges(&b, made.Changes)
				fmt.Fprintf(&b, "Danh mục trở lại như bản %s, lúc %s.\n", made.Source, made.At.In(sheet.Zone).Format("15:04 02/01/2006"))
				_, err = io.WriteString(cmd.OutOrStdout(), b.String())
				return err
			})
		},
	}
}
