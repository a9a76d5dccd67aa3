package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tongdai/inbox"
)

func newUserImport(s *settings) *cobra.Command {
	var apply bool
	var result string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add the accounts of a file, each with an invitation",
		Long: "Reads an .xlsx, .xls or .csv file of accounts: Họ tên, Tên đăng nhập or E-mail, Vai trò, Đơn vị, Điện thoại.\n" +
			"Without --apply it only says what is wrong and what would be made. With --apply it makes all accounts, or none,\n" +
			"and writes a workbook with the link by which each sets a password.",
		Example: "  tongdai user import canbo.xlsx\n  tongdai user import canbo.xlsx --apply --result loi-moi.xlsx",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := readWorkbooks(args)
			if err != nil {
				return err
			}
			result = cmp.Or(result, strings.TrimSuffix(args[0], filepath.Ext(args[0]))+"-loi-moi.xlsx")
			return s.withHub(cmd.Context(), func(a *app) error {
				load := accountLoad{app: a, file: files[0], result: result, out: cmd.OutOrStdout()}
				if apply {
					return load.apply(cmd.Context())
				}
				return load.preview(cmd.Context())
			})
		},
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "make the accounts")
	cmd.Flags().StringVar(&result, "result", "", "workbook with the invitations (default: FILE-loi-moi.xlsx)")
	return cmd
}

// accountLoad is one file of accounts on its way in.
type accountLoad struct {
	app    *app
	file   inbox.Workbook
	result string
	out    io.Writer
}

func (l accountLoad) preview(ctx context.Context) error {
	plan, err := l.app.hub.PreviewAccounts(ctx, console, l.file)
	if err != nil {
		return err
	}
	if err := l.tell(plan); err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.out, "Sẽ thêm %d tài khoản; thêm --apply để thực hiện.\n", len(plan.New))
	return err
}

// apply keeps the place of the result before it makes anything: links that cannot
// be written down would be lost.
func (l accountLoad) apply(ctx context.Context) (err error) {
	w, err := os.OpenFile(l.result, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("không ghi được tệp kết quả: %w", err)
	}
	var made int
	defer func() {
		err = errors.Join(err, w.Close())
		if made == 0 {
			err = errors.Join(err, os.Remove(l.result))
		}
	}()
	plan, err := l.app.hub.ApplyAccounts(ctx, console, l.file)
	if err != nil {
		return err
	}
	if err := l.tell(plan); err != nil {
		return err
	}
	if made = len(plan.Invited); made == 0 {
		_, err := fmt.Fprintln(l.out, "Không có tài khoản mới nào.")
		return err
	}
	if err := l.app.hub.WriteInvitations(w, l.app.cfg.Organisation.URL, plan.Invited); err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.out, "Đã thêm %d tài khoản. Liên kết đặt mật khẩu, dùng được 72 giờ, ở %s.\n", made, l.result)
	return err
}

// tell says what is in the file; problems are an error.
func (l accountLoad) tell(p inbox.AccountPlan) error {
	for _, n := range p.Notes {
		fmt.Fprintln(l.out, n)
	}
	for _, row := range p.Known {
		fmt.Fprintf(l.out, "  đã có: %s (%s)\n", row.Login, row.Name)
	}
	if len(p.Problems) == 0 {
		for _, row := range p.New {
			fmt.Fprintf(l.out, "  mới: %s (%s), %s\n", row.Login, row.Name, inbox.RoleTitle(row.Role))
		}
		return nil
	}
	lines := []string{"tệp có chỗ cần sửa, chưa có gì thay đổi:"}
	for _, problem := range p.Problems {
		lines = append(lines, "  "+problem.String())
	}
	return errors.New(strings.Join(lines, "\n"))
}

func newUserInvite(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "invite LOGIN",
		Short: "End an account's password and print the link to set another",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withHub(cmd.Context(), func(a *app) error {
				members, err := a.hub.Members(cmd.Context())
				if err != nil {
					return err
				}
				for _, m := range members {
					if m.Login != strings.ToLower(args[0]) {
						continue
					}
					invited, err := a.hub.Invite(cmd.Context(), console, m.ID)
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s%s%s\n", a.cfg.Organisation.URL, inbox.InvitationPath, invited.Token)
					return err
				}
				return fmt.Errorf("không có tài khoản %q", args[0])
			})
		},
	}
}
