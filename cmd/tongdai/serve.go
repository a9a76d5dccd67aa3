package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tongdai/inbox/api"
)

func newServe(s *settings) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the hub",
		Long: "Run the hub until it is told to stop (SIGTERM or Ctrl+C).\n" +
			"Without --config it uses the shipped settings. While there is no account, the log shows a\n" +
			"one-time code with which the first administrator is made on the first visit.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := s.load()
			if err != nil {
				return err
			}
			if listen != "" {
				cfg.HTTP.Listen = listen
			}
			log, err := newLogger(cfg.Log)
			if err != nil {
				return err
			}
			opened := collectRarely()
			a, err := openApp(cmd.Context(), cfg, log, nil)
			opened()
			if err != nil {
				return err
			}
			a.file = s.config
			return errors.Join(a.serve(cmd.Context(), nil), a.close())
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address to listen on (default: as configured, 127.0.0.1:8022)")
	return cmd
}

// graceful is how long open requests get to end after the hub is told to stop.
const graceful = 20 * time.Second

// noticed is how long a node that leaves others behind goes on answering, while
// balancers learn from /readyz to send nobody here any more.
const noticed = 5 * time.Second

// serve runs the hub and its web server until ctx ends, and returns once every
// part has stopped. ready is called with the address once requests are taken.
//
// A stop is orderly: /readyz says no, nothing more is claimed, what is under way is
// finished, streams are let go, and then the last requests.
func (a *app) serve(ctx context.Context, ready func(address string)) error {
	code, err := a.setupCode(ctx)
	if err != nil {
		return err
	}
	server, streams, err := a.server(code)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("không nghe được ở %s: %w", a.cfg.HTTP.Listen, err)
	}
	address := "http://" + listener.Addr().String()
	keepWithinMemory(a.log)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return paceCollector(ctx) })
	g.Go(func() error { return a.hub.Run(ctx) })
	g.Go(func() error { return a.disk.Watch(ctx) })
	g.Go(func() error { return a.followKnowledge(ctx) })
	g.Go(func() error { return a.followDirectory(ctx) })
	g.Go(func() error { return a.followDuty(ctx) })
	g.Go(func() error { return a.hub.Alone(ctx, "files", a.sweepFiles) })
	if a.cfg.Backup.Folder != "" {
		g.Go(func() error { return a.hub.Alone(ctx, "backup", a.backUpDaily) })
	}
	g.Go(func() error {
		if err := server.Serve(newDoor(listener, a.cfg.HTTP, a.log)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		a.leave(server, streams)
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
		defer cancel()
		if err := server.Shutdown(stopping); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	})
	a.log.Info("serving", "address", address, "node", a.hub.Node(), "data", a.cfg.Data.Folder, "version", version)
	if code != "" {
		a.log.Warn("no account exists yet: open /setup and make the first administrator with this one-time code",
			"address", address+"/setup", "code", code)
	}
	if ready != nil {
		ready(address)
	}
	return g.Wait()
}

// leave tells everybody to go elsewhere, and gives them the time to. Connections
// that wait are closed only then: a balancer which has not heard yet may just be
// sending a request on one of them, and could not tell whether it arrived.
func (a *app) leave(server *http.Server, streams *api.Server) {
	a.leaving.Store(true)
	a.letGo(streams)
	time.Sleep(a.notice)
	server.SetKeepAlivesEnabled(false)
}

// letGo ends the streams that would otherwise hold up an orderly stop; their
// readers come back and resume by number.
func (a *app) letGo(streams *api.Server) {
	streams.Close()
	for _, s := range a.hub.Speakers() {
		if closer, ok := s.(io.Closer); ok {
			if err := closer.Close(); err != nil {
				a.log.Warn("a channel could not be closed", "channel", s.Channel().ID, "err", err)
			}
		}
	}
}
