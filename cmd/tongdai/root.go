package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"tongdai/configs"
)

// settings are the flags that every command understands.
type settings struct {
	config string // file; empty: the shipped defaults
	data   string // folder; empty: as configured
}

func newRoot() *cobra.Command {
	s := &settings{}
	root := &cobra.Command{
		Use:           "tongdai",
		Short:         "Tổng đài — the messaging hub of a 1022 hotline",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&s.config, "config", "", "configuration file (default: the shipped settings)")
	root.PersistentFlags().StringVar(&s.data, "data", "", "data folder (default: as configured, ./data)")
	root.AddCommand(
		newServe(s), newDemo(s), newConfig(s), newKB(s), newDirectory(s), newChannel(s), newUser(s), newStore(), newExport(s), newVerify(s), newBackup(s), newRestore(s), newRelease(s), newDoctor(s), newLoadtest(), newVersion(), newParseSheet(),
	)
	return root
}

// load reads the configuration and lets the flags have their way.
func (s *settings) load() (configs.Config, error) {
	cfg := configs.Default()
	if s.config != "" {
		var err error
		if cfg, err = configs.Load(s.config, os.Getenv); err != nil {
			return cfg, fmt.Errorf("cấu hình chưa dùng được:\n%w", err)
		}
	}
	if s.data != "" {
		cfg.Data.Folder = s.data
	}
	return cfg, nil
}

func newLogger(cfg configs.Log) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options)), nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options)), nil
}
