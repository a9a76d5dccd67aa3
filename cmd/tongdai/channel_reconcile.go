package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tongdai/configs"
	"tongdai/inbox"
)

func newChannelReconcile(s *settings) *cobra.Command {
	var back time.Duration
	cmd := &cobra.Command{
		Use:   "reconcile NAME",
		Short: "Ask the platform what was said, and take in what never came",
		Long: "Ask the platform what was said, and take in what never came. Nothing is there twice however it came. The running hub\n" +
			"does so by itself after an outage and every few minutes; what the platform no longer tells is put into the quarantine as a gap.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withChannel(cmd.Context(), args[0], func(a *app, c configs.Channel, speaker inbox.Speaker) error {
				done, err := a.hub.ReconcileChannel(cmd.Context(), keeper, speaker.Channel().ID, time.Now().Add(-back))
				if err != nil {
					return err
				}
				return tellReconciled(cmd.OutOrStdout(), done)
			})
		},
	}
	cmd.Flags().DurationVar(&back, "back", 7*24*time.Hour, "how far back to ask, 720h at most")
	return cmd
}

// tellReconciled prints what came of it; errTold when something is still missing.
func tellReconciled(out io.Writer, done inbox.Reconciled) error {
	const minute = "15:04 02/01/2006"
	fmt.Fprintf(out, "Đã xem lịch sử của %d người từ %s; lấy về %d tin còn thiếu.\n", done.People, done.Since.In(configs.Zone).Format(minute), done.Filled)
	for _, g := range done.Gaps {
		fmt.Fprintf(out, "THIẾU  từ %s đến %s: nền tảng không còn cho xem tin của %d người\n",
			g.From.In(configs.Zone).Format(minute), g.To.In(configs.Zone).Format(minute), len(g.People))
	}
	if done.Problem != "" {
		fmt.Fprintf(out, "LỖI    %s\n", done.Problem)
	}
	if done.Problem != "" || len(done.Gaps) > 0 {
		return errTold
	}
	return nil
}
