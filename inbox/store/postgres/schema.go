package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Released migrations never change.
//
//go:embed migrations/*.sql
var migrations embed.FS

// oldest is the first PostgreSQL that the store was tried on.
const oldest = 150000

// migrate brings the schema up to date, each migration in a transaction of its
// own: what is cut off goes on at the next start. Nodes that start together take
// turns; a schema newer than this program is refused.
func migrate(ctx context.Context, config *pgx.ConnConfig, log *slog.Logger) error {
	config = config.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // each statement once
	db := stdlib.OpenDB(*config)
	defer func() { _ = db.Close() }() // nothing is left to be lost
	if err := welcome(ctx, db); err != nil {
		return err
	}
	steps, err := stepsOf(db)
	if err != nil {
		return err
	}
	found, known, err := steps.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if found > known {
		return fmt.Errorf("cơ sở dữ liệu do bản mới hơn của chương trình nâng cấp (lược đồ %d, bản này biết đến %d); hãy chạy bản mới hơn, hoặc khôi phục bản sao lưu có từ trước lần cập nhật vào một cơ sở dữ liệu trống (tongdai restore)", found, known)
	}
	if found > 0 && found < known {
		log.Info("the database is brought to the schema of this program; only a backup made before brings the old one back",
			"from", found, "to", known)
	}
	if _, err := steps.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return tuneRole(ctx, db)
}

// stepsOf are the migrations, for one database.
func stepsOf(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithTableName("schema_version"))
}

// welcome explains what is wrong with a database that cannot be used.
func welcome(ctx context.Context, db *sql.DB) error {
	var version, encoding string
	var standby, owner bool
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num'), current_setting('server_encoding'),
		pg_is_in_recovery(), has_schema_privilege(current_schema(), 'CREATE')`).Scan(&version, &encoding, &standby, &owner)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	n, err := strconv.Atoi(version)
	switch {
	case err != nil:
		return fmt.Errorf("the database's version %q is not understood", version)
	case n < oldest:
		return fmt.Errorf("PostgreSQL 15 or newer is needed, this is %d", n/10000)
	case standby:
		return errors.New("the database is a standby and takes no writes; give the address of the primary, or several with target_session_attrs=read-write")
	case !owner:
		return errors.New("the role may not create tables in the database; let it own the database (ALTER DATABASE … OWNER TO …)")
	}
	return nil
}

// roleSettings hold for every connection that the role opens to this database,
// also for those of a pooler, which passes no settings of ours on. Each
// statement of the store is meant to walk an index; its plan is made once, on a
// table that may be empty at that time, so the other ways are closed to it. Who
// holds locks and falls silent, as a node that was stopped, is let go.
var roleSettings = [][2]string{
	{"enable_seqscan", "off"},
	{"enable_hashjoin", "off"},
	{"enable_mergejoin", "off"},
	{"plan_cache_mode", "force_generic_plan"},
	{"jit", "off"},
	{"idle_in_transaction_session_timeout", "5s"},
	{"lock_timeout", "5s"},
}

func tuneRole(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", lockNumber("role")); err != nil {
		return err
	}
	var name string
	if err := tx.QueryRowContext(ctx, "SELECT quote_ident(current_database())").Scan(&name); err != nil {
		return err
	}
	for _, s := range roleSettings {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("ALTER ROLE CURRENT_USER IN DATABASE %s SET %s = '%s'", name, s[0], s[1])); err != nil {
			return fmt.Errorf("set %s for the role: %w", s[0], err)
		}
	}
	return tx.Commit()
}

// lockNumber is the advisory lock of a name, the same on every node. Two names
// that share one only wait for each other.
func lockNumber(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return int64(h.Sum64())
}
