// Command tongdai is the messaging hub of a 1022 hotline: one program that
// receives what citizens write, lets the bot answer, hands over to people, and
// serves the pages of all of them.
//
// Run "tongdai demo" to look around, "tongdai serve" to work, and
// "tongdai help" for the rest.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		status, ok := errors.AsType[exit](err)
		if !ok {
			status = 1
		}
		if !ok && !errors.Is(err, errTold) {
			fmt.Fprintln(os.Stderr, "tongdai:", err)
		}
		os.Exit(int(status))
	}
}

// exit ends a command, whose result has been printed already, with a status.
type exit int

func (e exit) Error() string { return fmt.Sprint("exit status ", int(e)) }

// errTold ends a command whose trouble has been printed already.
var errTold = errors.New("trouble has been told")

func run(ctx context.Context, args []string) error {
	root := newRoot()
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}
