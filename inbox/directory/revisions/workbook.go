package revisions

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/annex"
	"tongdai/kb/sheet"
)

// Preview is what a workbook would change, and everything that forbids it.
type Preview struct {
	Revision int // of the directory that it was compared with; once applied, the one that it made
	Applied  bool
	Changes  []directory.Change
	Problems []sheet.Problem
	Notes    []sheet.Note
}

// PreviewImport reads a workbook and compares it with the directory. It changes
// nothing.
func (k *Keeper) PreviewImport(ctx context.Context, actor inbox.Actor, file inbox.Workbook) (Preview, error) {
	if !actor.MayEverywhere(inbox.ManageDirectory) {
		return Preview{}, inbox.ErrForbidden
	}
	content, err := k.read(ctx, file)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Problems: content.Problems, Notes: content.Notes}
	var before directory.Data
	err = k.store.View(ctx, func(tx inbox.Reader) error {
		head, err := newest(tx)
		if err != nil {
			return err
		}
		p.Revision = head.No
		before, err = state(tx, head.No)
		return err
	})
	if err != nil || len(p.Problems) > 0 {
		return p, err
	}
	r := annex.Read(file.Name, content.Grids, before)
	p.Problems, p.Notes = r.Problems, append(p.Notes, r.Notes...)
	if len(p.Problems) == 0 {
		p.Changes = directory.Compare(before, r.Data)
	}
	return p, nil
}

// ApplyImport does what PreviewImport of the same file said for revision base, as
// one revision. With problems it does nothing; inbox.ErrConflict as Edit.
func (k *Keeper) ApplyImport(ctx context.Context, actor inbox.Actor, base int, file inbox.Workbook) (Preview, error) {
	if !actor.MayEverywhere(inbox.ManageDirectory) {
		return Preview{}, inbox.ErrForbidden
	}
	content, err := k.read(ctx, file)
	p := Preview{Revision: base, Problems: content.Problems, Notes: content.Notes}
	if err != nil || len(p.Problems) > 0 {
		return p, err
	}
	var r annex.Reading
	made, err := k.change(ctx, actor, base, Revision{What: Imported, Source: file.Name}, func(_ inbox.Reader, data *directory.Data) error {
		r = annex.Read(file.Name, content.Grids, *data)
		if len(r.Problems) == 0 {
			*data = r.Data
		}
		return nil
	})
	p.Problems, p.Notes = r.Problems, append(p.Notes, r.Notes...)
	if err != nil || made.No == base { // problems, or nothing that differs
		return p, err
	}
	p.Revision, p.Applied, p.Changes = made.No, true, made.Changes
	return p, nil
}

func (k *Keeper) read(ctx context.Context, file inbox.Workbook) (sheet.Content, error) {
	file.Plain = true
	content, err := k.sheets(ctx, file)
	if err != nil {
		return content, fmt.Errorf("read %s: %w", file.Name, err)
	}
	return content, nil
}

// Export writes the directory as a workbook that imports unchanged, and puts the
// export on record: contact points are people.
func (k *Keeper) Export(ctx context.Context, actor inbox.Actor, w io.Writer) error {
	if !actor.MayEverywhere(inbox.ManageDirectory) {
		return inbox.ErrForbidden
	}
	now := k.Current()
	var book bytes.Buffer
	if err := annex.Write(&book, now.Directory.Data()); err != nil {
		return err
	}
	err := k.store.Update(ctx, func(tx inbox.Writer) error {
		return tx.AppendAudit(inbox.Audit{
			At: k.store.Now(), Member: actor.Member.ID, Action: inbox.DirectoryExported, Address: actor.Address,
			Detail: fmt.Sprintf("revision %d", now.Revision),
		})
	})
	if err != nil {
		return err
	}
	_, err = book.WriteTo(w)
	return err
}
