package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tongdai/configs"
)

func newConfig(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check or show the configuration, print the key"}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "check",
			Short: "Say everything that is wrong with the configuration and its data files",
			Args:  cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				cfg, err := s.load()
				if err != nil {
					return err
				}
				if _, err := configs.LoadData(cfg); err != nil {
					return fmt.Errorf("dữ liệu chưa dùng được:\n%w", err)
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "Cấu hình dùng được.")
				return err
			},
		},
		&cobra.Command{
			Use:   "show",
			Short: "Show the settings in force, secrets masked",
			Args:  cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				cfg, err := s.load()
				if err != nil {
					return err
				}
				return configs.Show(cmd.OutOrStdout(), cfg)
			},
		},
		newConfigKey(s),
	)
	return cmd
}
