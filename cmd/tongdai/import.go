package main

import (
	"context"
	"fmt"

	"tongdai/inbox"
)

// importAll applies workbooks that are known to be faultless; any problem is an error.
func (a *app) importAll(ctx context.Context, files []inbox.Workbook) error {
	report, err := importFiles(ctx, a.hub, files, true)
	if err == nil && !report.Applied {
		err = fmt.Errorf("the import was refused: %v", report.Problems)
	}
	return err
}
