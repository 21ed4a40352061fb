package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"callout/internal/store"

	_ "modernc.org/sqlite" // the driver
)

// readers is the number of reading connections.
const readers = 4

// pragmas are set on every connection: wait up to 5 s for another process (a backup, say), cache 8 MB of pages,
// sort in memory.
const pragmas = "PRAGMA busy_timeout = 5000; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY"

// writerPragmas make every commit durable, and give back what a long WAL took once it was checkpointed.
const writerPragmas = "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864"

// Store is a store.Store in a SQLite database file.
type Store struct {
	path   string
	dbs    []*sql.DB
	write  chan *conn // holds the writing connection while nobody uses it
	read   chan *conn // holds the reading connections that nobody uses
	closed chan struct{}
	once   sync.Once
	ending error // what Close returned
}

var _ store.Store = (*Store)(nil)

// Open opens the database at path. It creates the file, readable for its owner alone, where there is none, and
// brings an older schema up to date. The error is one line that names the path and what to do.
func Open(ctx context.Context, path string) (*Store, error) {
	s := &Store{path: path, write: make(chan *conn, 1), read: make(chan *conn, readers), closed: make(chan struct{})}
	if err := s.open(ctx); err != nil {
		s.closeConns()
		return nil, fmt.Errorf("store %s: %w", path, advise(err))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := create(s.path); err != nil {
		return err
	}
	absolute, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	uri := "file://" + (&url.URL{Path: absolute}).EscapedPath()
	w, err := s.connect(ctx, uri+"?mode=rw", pragmas)
	if err != nil {
		return err
	}
	s.write <- w
	version, err := w.check(ctx)
	if err != nil {
		return err
	}
	if err := w.useWAL(ctx); err != nil {
		return err
	}
	if err := w.migrate(ctx, version); err != nil {
		return err
	}
	for range readers {
		r, err := s.connect(ctx, uri+"?mode=ro", pragmas)
		if err != nil {
			return err
		}
		s.read <- r
	}
	return nil
}

// magic begins every SQLite database.
const magic = "SQLite format 3\x00"

// create makes an empty database file that only its owner can read, or checks that the one there can be
// written. SQLite gives the files beside it the same mode. A file too short for a database is looked at here,
// since SQLite would take it for an empty one.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return errors.Unwrap(err) // a PathError, whose path is named already
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, int64(len(magic))))
	if err != nil {
		return err
	}
	if len(head) > 0 && string(head) != magic {
		return errForeign
	}
	return nil
}

// connect opens one connection and keeps it for good, so that its prepared statements stay.
func (s *Store) connect(ctx context.Context, uri, pragmas string) (*conn, error) {
	db, err := sql.Open("sqlite", uri)
	if err != nil {
		return nil, err
	}
	c, err := db.Conn(ctx)
	if err == nil {
		_, err = c.ExecContext(ctx, pragmas)
	}
	if err != nil {
		_ = db.Close() // the first error is the one to tell
		return nil, err
	}
	s.dbs = append(s.dbs, db)
	return &conn{Conn: c, statements: make(map[string]*sql.Stmt)}, nil
}

// useWAL puts the database into WAL mode.
func (c *conn) useWAL(ctx context.Context) error {
	var mode string
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return errors.New("its file system has no shared memory for SQLite's WAL mode; put it on a local disk")
	}
	_, err := c.ExecContext(ctx, writerPragmas)
	return err
}

// Close waits for what is under way and closes the database. Calls that come later fail.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.ending = s.closeConns()
	})
	if s.ending != nil {
		return fmt.Errorf("store %s: close: %w", s.path, s.ending)
	}
	return nil
}

// closeConns closes the reading connections, and the writing one last, which then moves what is left in the
// WAL into the database.
func (s *Store) closeConns() error {
	var errs []error
	for i := len(s.dbs) - 1; i >= 0; i-- {
		idle := s.read
		if i == 0 {
			idle = s.write
		}
		c := <-idle
		errs = append(errs, c.close(), s.dbs[i].Close())
	}
	return errors.Join(errs...)
}
