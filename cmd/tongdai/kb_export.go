package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tongdai/kb"
)

func newKBExport(s *settings) *cobra.Command {
	var department string
	cmd := &cobra.Command{
		Use:   "export FILE.xlsx",
		Short: "Write the questions and answers into an Excel file that imports unchanged",
		Long: "Write the questions and answers, all or those of one department, into a new Excel file, a sheet for each\n" +
			"department. The file can be worked on and imported again; as it is, importing it changes nothing.",
		Example: "  tongdai kb export hoi-dap.xlsx\n  tongdai kb export --department so-y-te so-y-te.xlsx",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withKnowledge(cmd.Context(), "hãy xuất ở trang Kho hỏi đáp", func(a *app) error {
				id, err := a.departmentGiven(department)
				if err != nil {
					return err
				}
				return a.exportKnowledge(cmd.Context(), id, args[0])
			})
		},
	}
	cmd.Flags().StringVar(&department, "department", "", "id or name of the department (default: all)")
	return cmd
}

// departmentGiven finds a department by its id or name; none is all.
func (a *app) departmentGiven(text string) (kb.DepartmentID, error) {
	if text == "" {
		return "", nil
	}
	if d, ok := a.house.current().Department(kb.DepartmentID(text)); ok {
		return d.ID, nil
	}
	if id, ok := a.house.DepartmentNamed(text); ok {
		return id, nil
	}
	return "", fmt.Errorf("không có đơn vị %q", text)
}

// exportKnowledge writes a new file, and leaves one that is there alone.
func (a *app) exportKnowledge(ctx context.Context, department kb.DepartmentID, path string) error {
	var book bytes.Buffer
	if err := a.hub.ExportKnowledge(ctx, keeper, department, &book); err != nil {
		return err
	}
	return writeOut(path, &book)
}
