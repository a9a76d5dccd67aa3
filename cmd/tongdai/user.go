package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tongdai/inbox"
	"tongdai/kb"
)

func newUser(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Add, invite, list and reset accounts",
		Long: "Add, invite, list and reset accounts. With the embedded store the hub must not run meanwhile.\n" +
			"Passwords are typed, or read from standard input when that is no terminal.",
	}
	cmd.AddCommand(newUserAdd(s), newUserList(s), newUserReset(s), newUserFactor(s), newUserInvite(s), newUserImport(s))
	return cmd
}

// console is who acts on the command line: somebody with the data folder.
var console = inbox.Console

// withHub opens the data folder for one command.
func (s *settings) withHub(ctx context.Context, do func(a *app) error) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	cfg.Log.Level = "warn"
	log, err := newLogger(cfg.Log)
	if err != nil {
		return err
	}
	a, err := openBeside(ctx, cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.close())
}

func newUserAdd(s *settings) *cobra.Command {
	var n inbox.NewMember
	var role string
	var departments []string
	cmd := &cobra.Command{
		Use:     "add LOGIN",
		Short:   "Add an account; its password must be changed at the first login",
		Example: `  tongdai user add lan --name "Nguyễn Thị Lan" --role operator`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n.Login, n.Role, n.MustChange = args[0], inbox.Role(role), true
			for _, d := range departments {
				n.Departments = append(n.Departments, kb.DepartmentID(d))
			}
			return s.withHub(cmd.Context(), func(a *app) error {
				var err error
				if n.Password, err = askPassword(cmd); err != nil {
					return err
				}
				m, err := a.hub.AddMember(cmd.Context(), console, n)
				if err != nil {
					return inWords(err)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Đã thêm tài khoản %s (%s).\n", m.Login, m.Role)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "full name")
	cmd.Flags().StringVar(&role, "role", string(inbox.Operator), "admin, supervisor, operator, staff or viewer")
	cmd.Flags().StringSliceVar(&departments, "department", nil, "department ids, for staff")
	return cmd
}

func newUserList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the accounts",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withHub(cmd.Context(), func(a *app) error {
				members, err := a.hub.Members(cmd.Context())
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
				fmt.Fprintln(w, "LOGIN\tNAME\tROLE\tDEPARTMENTS\tSTATE")
				for _, m := range members {
					var departments []string
					for _, d := range m.Departments {
						departments = append(departments, string(d))
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.Login, m.Name, m.Role, strings.Join(departments, ","), stateOf(m, a))
				}
				return w.Flush()
			})
		},
	}
}

func stateOf(m inbox.Member, a *app) string {
	switch {
	case m.Disabled:
		return "disabled"
	case m.PasswordHash == "":
		return "invited"
	case a.store.Now().Before(m.LockedUntil):
		return "locked"
	case m.MustChange:
		return "must change password"
	default:
		return "active"
	}
}

func newUserFactor(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "drop-factor LOGIN",
		Short: "Turn an account's second factor off, and end its sessions",
		Long: "Turn an account's second factor off, for who has lost the phone and has no recovery code left. Another\n" +
			"administrator can do it on screen; this is for the last one.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withHub(cmd.Context(), func(a *app) error {
				members, err := a.hub.Members(cmd.Context())
				if err != nil {
					return err
				}
				i := slices.IndexFunc(members, func(m inbox.Member) bool { return m.Login == args[0] })
				if i < 0 {
					return fmt.Errorf("không có tài khoản %q", args[0])
				}
				if err := a.hub.DropFactor(cmd.Context(), console, members[i].ID); err != nil {
					return inWords(err)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Đã tắt xác thực hai bước của %s; mọi phiên đã kết thúc.\n", args[0])
				return err
			})
		},
	}
}

func newUserReset(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "reset LOGIN",
		Short: "Give an account a new password, open it when locked, end its sessions",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withHub(cmd.Context(), func(a *app) error {
				password, err := askPassword(cmd)
				if err != nil {
					return err
				}
				if err := a.hub.ResetPassword(cmd.Context(), console, args[0], password); err != nil {
					return inWords(err)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Đã đặt mật khẩu mới cho %s; tài khoản phải đổi mật khẩu khi đăng nhập.\n", args[0])
				return err
			})
		},
	}
}

// inWords puts each problem of bad input on a line of its own.
func inWords(err error) error {
	invalid, ok := errors.AsType[inbox.Invalid](err)
	if !ok {
		return err
	}
	lines := []string{"chưa thực hiện được:"}
	for _, p := range invalid {
		lines = append(lines, "  "+p.Field+": "+p.Message)
	}
	return errors.New(strings.Join(lines, "\n"))
}

// askPassword asks twice at a terminal, and reads one line from anything else.
func askPassword(cmd *cobra.Command) (string, error) {
	in, terminal := cmd.InOrStdin().(*os.File)
	if !terminal || !term.IsTerminal(int(in.Fd())) {
		line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprint(cmd.ErrOrStderr(), prompt)
		typed, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		return string(typed), err
	}
	first, err := ask("Mật khẩu mới: ")
	if err != nil {
		return "", err
	}
	second, err := ask("Nhập lại mật khẩu: ")
	if err == nil && first != second {
		err = errors.New("hai lần nhập mật khẩu không giống nhau")
	}
	return first, err
}
