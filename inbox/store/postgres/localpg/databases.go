package localpg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// asSuperuser lends a connection through the socket.
func (s *Server) asSuperuser(ctx context.Context, fn func(*pgx.Conn) error) error {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d user=%s dbname=postgres sslmode=disable application_name=localpg",
		quote(s.socket()), s.port, superuser))
	if err != nil {
		return err
	}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), c.Close(ctx))
}

func (s *Server) exec(ctx context.Context, statement string) error {
	return s.asSuperuser(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, statement)
		return err
	})
}

// addRole makes the application's role; a kept folder has it from before.
func (s *Server) addRole(ctx context.Context) error {
	return s.exec(ctx, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '"+Role+"') "+
		"THEN CREATE ROLE "+Role+" LOGIN; END IF; END $$")
}

// CreateDatabase makes an empty database that belongs to the application's
// role. An existing one is an error.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return s.CloneDatabase(ctx, name, "template1")
}

// CloneDatabase makes a database as a copy of another, to which nobody may be
// connected meanwhile: the quick way to many databases with the same schema.
func (s *Server) CloneDatabase(ctx context.Context, name, original string) error {
	err := s.exec(ctx, "CREATE DATABASE "+identifier(name)+" OWNER "+Role+" TEMPLATE "+identifier(original))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// HasDatabase says whether there is a database of that name.
func (s *Server) HasDatabase(ctx context.Context, name string) (bool, error) {
	var has bool
	err := s.asSuperuser(ctx, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&has)
	})
	return has, err
}

// DropDatabase removes a database and breaks the connections to it. One that
// does not exist is no error.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	if err := s.exec(ctx, "DROP DATABASE IF EXISTS "+identifier(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

// Terminate breaks the connections of up to n clients, chosen at random, and
// returns how many there were: what an administrator or a failing network does.
func (s *Server) Terminate(ctx context.Context, n int) (int, error) {
	var ended int
	err := s.asSuperuser(ctx, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (
			SELECT pid FROM pg_stat_activity
			WHERE backend_type = 'client backend' AND usename = $1
			ORDER BY random() LIMIT $2) chosen`, Role, n).Scan(&ended)
	})
	if err != nil {
		return 0, fmt.Errorf("terminate %d clients: %w", n, err)
	}
	return ended, nil
}
