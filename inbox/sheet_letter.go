package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// A department may send its questions and answers by letter: a workbook that comes from
// its proven address is imported as its own staff would import it, to review, and
// answered with what became of it. Anybody else's is a letter like others.

const (
	// sheetClaim is longer than the files of a letter take to be read.
	sheetClaim = 2 * fetchTime
	// sheetMost is how large a workbook may be, in bytes, as at the desk.
	sheetMost = 20 << 20
	// problemsTold of a file stand in the answer; the rest is counted.
	problemsTold = 40
)

// workbooks are the files among attachments that hold entries, by their names: what is
// in them is found out where it can do no harm.
func workbooks(files []content.Attachment) (all []content.Attachment) {
	for _, f := range files {
		if slices.Contains([]string{".xlsx", ".xls", ".csv"}, strings.ToLower(path.Ext(f.Name))) && f.ID != "" && f.Kind != content.Original {
			all = append(all, f)
		}
	}
	return all
}

// brings reports whether in is a department's letter with workbooks.
func (h *Hub) brings(in connectors.Inbound) bool {
	if h.files == nil || in.Letter == nil || !in.Letter.Proven || in.Letter.Machine != "" || len(workbooks(in.Content.Attachments)) == 0 {
		return false
	}
	_, ok := h.unitAt(in.Letter.From.Mail)
	return ok
}

// unitAt is the department that has an address, if one alone does.
func (h *Hub) unitAt(mail string) (found kb.DepartmentID, ok bool) {
	for _, p := range h.directory.Points(h.store.Now()) {
		if p.Email == "" || !strings.EqualFold(p.Email, mail) || p.Department == found {
			continue
		}
		if found != "" {
			return "", false
		}
		found = p.Department
	}
	return found, found != ""
}

// sheetLetter is the work of Sheets: the workbooks of one letter are imported together
// and the letter is answered. When it is done again after a crash, what was imported is
// found unchanged.
func (h *Hub) sheetLetter(ctx context.Context, claim Claim) error {
	var m Message
	var c Conversation
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if m, err = tx.Message(MessageID(claim.Task.Ref)); err != nil {
			return err
		}
		c, err = tx.Conversation(m.Conversation)
		return err
	})
	if err != nil {
		return err
	}
	unit, ok := h.unitAt(m.Letter.From.Mail)
	words := "Dạ, địa chỉ này không còn là của đơn vị nào nên tệp chưa được nhập ạ."
	if ok {
		if words, err = h.importLetter(ctx, h.asUnit(unit, h.departmentName(unit), string(c.Channel)), m); err != nil {
			return err
		}
	}
	return h.store.Update(ctx, func(tx Writer) error {
		c, err := tx.Conversation(m.Conversation)
		if err != nil {
			return err
		}
		now := h.store.Now()
		said, err := h.say(tx, &c, Message{Author: Author{Kind: Bot}, Content: contentOf(words), Automatic: true, Quotes: m.ID}, false, now)
		if err != nil {
			return err
		}
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		return errors.Join(tx.AppendEvent(messageEvent(MessageAdded, c, said, now)), tx.Finish(claim))
	})
}

// importLetter imports, and tells what became of it.
func (h *Hub) importLetter(ctx context.Context, actor Actor, m Message) (words string, err error) {
	var files []Workbook
	for _, f := range workbooks(m.Content.Attachments) {
		if f.Size > sheetMost {
			return fmt.Sprintf("Dạ, tệp “%s” lớn hơn %d MB nên chưa được nhập; anh/chị chia nhỏ rồi gửi lại giúp ạ.", f.Name, sheetMost>>20), nil
		}
		data, err := h.readFile(ctx, f)
		if err != nil {
			return "", err
		}
		files = append(files, Workbook{Name: f.Name, Data: data})
	}
	p, err := h.PreviewImport(ctx, actor, files...)
	if err == nil && len(p.Problems) == 0 {
		p, err = h.ApplyImport(ctx, actor, ImportTerms{Revision: p.Revision}, files...)
	}
	if err != nil {
		return "", err
	}
	return importWords(actor.Member.Name, files, p), nil
}

func (h *Hub) readFile(ctx context.Context, f content.Attachment) ([]byte, error) {
	r, err := h.files.Read(ctx, f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, sheetMost))
}

// importWords tell a department what became of its files.
func importWords(unit string, files []Workbook, p ImportPreview) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = "“" + f.Name + "”"
	}
	var w strings.Builder
	fmt.Fprintf(&w, "Dạ, tổng đài đã nhận %s của %s.\n\n", strings.Join(names, ", "), unit)
	switch {
	case len(p.Problems) > 0:
		fmt.Fprintf(&w, "Tệp chưa được nhập và chưa có gì thay đổi. Có %d chỗ cần sửa rồi gửi lại:\n", len(p.Problems))
		for i, problem := range p.Problems {
			if i == problemsTold {
				fmt.Fprintf(&w, "- … và %d chỗ nữa\n", len(p.Problems)-problemsTold)
				break
			}
			if len(files) > 1 && problem.File != "" {
				fmt.Fprintf(&w, "- %s: %s\n", problem.File, problem)
				continue
			}
			fmt.Fprintf(&w, "- %s\n", problem)
		}
	case len(p.Plan.New)+len(p.Plan.Changed) == 0:
		w.WriteString("Nội dung trong tệp đã có ở tổng đài; không có gì thay đổi.\n")
	default:
		fmt.Fprintf(&w, "%d mục mới, %d mục thay đổi, %d mục giữ nguyên.\n", len(p.Plan.New), len(p.Plan.Changed), len(p.Plan.Unchanged))
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&w, "- %s\n", n.Message)
	}
	return strings.TrimSpace(w.String())
}
