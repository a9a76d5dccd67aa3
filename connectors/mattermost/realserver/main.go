// Command mattermost is the Mattermost server of v6.7.2 as its own module has it, for
// the tests that try our bridge against the real one. It is a module by itself: the
// server asks for hundreds of modules, and for old versions of some that we use.
//
//	make mattermost
//
// builds it into bin/mattermost, beside the translations, templates and fonts that it
// reads there. mattermosttest starts it. It has no web client, so there is nothing to
// see of it in a browser.
//
// It ends in good order when its standard input does, and thereby with whoever
// started it, however that ended.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/mattermost/mattermost-server/v6/cmd/mattermost/commands"

	_ "github.com/mattermost/mattermost-server/v6/app/slashcommands" // which register themselves
)

func main() {
	if err := furnish(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go endWithInput()
	if err := commands.Run(os.Args[1:]); err != nil {
		os.Exit(1)
	}
}

// furnish names the folder of the program as that where the server finds what it reads.
func furnish() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return os.Setenv("MM_SERVER_PATH", filepath.Dir(self))
}

func endWithInput() {
	_, _ = io.Copy(io.Discard, os.Stdin) // whichever way it ends
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
}
