package localpg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a server that follows s, from a copy of its data, and returns
// when it streams. With o.Synchronous every commit on s waits for it from then
// on: also while it is stopped or killed, and until it is closed. The settings
// of s hold for it too, with o.Settings above them. o.Dir must hold no server yet.
func (s *Server) Standby(ctx context.Context, o Options) (*Server, error) {
	// PostgreSQL refuses to follow with fewer connections than the primary has.
	settings := maps.Clone(s.opts.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	maps.Copy(settings, o.Settings)
	o.Settings = settings
	standby, err := prepare(ctx, machine, o)
	if err != nil {
		return nil, err
	}
	if err := standby.follow(ctx, s); err != nil {
		return nil, errors.Join(fmt.Errorf("local PostgreSQL standby: %w", err), standby.Close())
	}
	return standby, nil
}

func (s *Server) follow(ctx context.Context, primary *Server) error {
	s.name = "standby_" + strconv.Itoa(primary.port) + "_" + strconv.FormatInt(time.Now().UnixNano(), 36)
	// -R makes it follow: standby.signal, and the connection in postgresql.auto.conf.
	err := run(ctx, s.acc, s.home.path, s.program("pg_basebackup"), "-D", s.data(), "-R", "-X", "stream", "-c", "fast",
		"-d", fmt.Sprintf("host=%s port=%d user=%s application_name=%s", quote(primary.socket()), primary.port, superuser, s.name))
	if err != nil {
		return err
	}
	if err := s.startOnFreePort(ctx); err != nil {
		return err
	}
	if err := primary.waitFor(ctx, s.name, "state = 'streaming'"); err != nil {
		return err
	}
	if !s.opts.Synchronous {
		return nil
	}
	s.primary = primary
	if err := primary.synchronise(ctx, s.name); err != nil {
		return err
	}
	return primary.waitFor(ctx, s.name, "sync_state = 'sync'")
}

// synchronise makes commits wait for the standby of that name; for none when empty.
func (s *Server) synchronise(ctx context.Context, name string) error {
	defer s.enter()()
	s.settings["synchronous_standby_names"] = name
	if !s.running() {
		return nil // it reads the settings when it starts
	}
	if err := s.configure(); err != nil {
		return err
	}
	return s.exec(ctx, "SELECT pg_reload_conf()")
}

// waitFor waits until the server sees its standby in the state.
func (s *Server) waitFor(ctx context.Context, name, state string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var seen bool
	err := s.asSuperuser(ctx, func(c *pgx.Conn) error {
		return poll(ctx, func() (bool, error) {
			err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = $1 AND "+state+")", name).Scan(&seen)
			return seen, err
		})
	})
	if err != nil {
		return fmt.Errorf("the primary does not see its standby with %s: %w", state, err)
	}
	return nil
}

// dismiss lets the primary no longer wait for a standby that goes away.
func (s *Server) dismiss() error {
	if s.primary == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	primary := s.primary
	s.primary = nil
	return primary.synchronise(ctx, "")
}

// Promote makes a standby a server of its own that takes writes, and returns
// when it does. A primary that waited for it goes on waiting: it must not go
// on alone, since clients now belong to this one.
func (s *Server) Promote(ctx context.Context) error {
	err := s.asSuperuser(ctx, func(c *pgx.Conn) error {
		var done bool
		if err := c.QueryRow(ctx, "SELECT pg_promote()").Scan(&done); err != nil {
			return err
		}
		if !done {
			return fmt.Errorf("it does not finish; see %s", s.LogFile())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("promote the standby: %w", err)
	}
	s.primary = nil
	return nil
}
