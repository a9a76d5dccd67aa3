package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/media"
)

// openMedia opens the place of attachments and tries it. A place that is wrongly
// configured keeps the hub from starting; one that is only away for the moment
// does not: people can still write, and files are refused until it is back.
func openMedia(ctx context.Context, cfg configs.Config, disk *inbox.Disk, log *slog.Logger) (*media.Store, error) {
	options := media.Options{MaxSize: uploadLimit, Log: log, Room: disk.Files}
	for _, channel := range cfg.Channels {
		options.MaxSize = max(options.MaxSize, int64(channel.Attachments.MaxSize), int64(channel.FileSize))
		if channel.Kind == configs.KindMattermost {
			options.MaxSize = max(options.MaxSize, int64(channel.ChatFile))
		}
		if channel.Kind == configs.KindEmail {
			options.MaxSize = max(options.MaxSize, lettersRoom(channel.Mail))
		}
	}
	store, err := mediaStore(cfg, options)
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	switch err := store.Check(ctx); {
	case errors.Is(err, media.ErrUnavailable):
		log.ErrorContext(ctx, "attachments cannot be kept for now", "err", err)
	case err != nil:
		return nil, fmt.Errorf("media: %w", err)
	}
	return store, nil
}

func mediaStore(cfg configs.Config, options media.Options) (*media.Store, error) {
	m := cfg.Media
	switch {
	case m.Kind == configs.MediaS3:
		return media.OpenBucket(media.Bucket{
			Endpoint: m.S3.Endpoint, Region: m.S3.Region, Name: m.S3.Bucket, Prefix: m.S3.Prefix,
			AccessKey: string(m.S3.AccessKey), SecretKey: string(m.S3.SecretKey),
			PathStyle: m.S3.PathStyle, Timeout: m.S3.Timeout, Temp: filepath.Join(cfg.Data.Folder, "uploads"),
		}, options)
	case filepath.IsAbs(m.Folder):
		return media.OpenShared(m.Folder, options)
	}
	return media.Open(filepath.Join(cfg.Data.Folder, m.Folder), options)
}
