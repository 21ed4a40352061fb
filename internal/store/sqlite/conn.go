package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// conn is one connection to the database with its prepared statements, used by one goroutine at a time.
type conn struct {
	*sql.Conn
	statements map[string]*sql.Stmt
}

// prepare returns the statement of a query, which is prepared once. Queries are constants, so their number is
// small.
func (c *conn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if st := c.statements[query]; st != nil {
		return st, nil
	}
	st, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = st
	return st, nil
}

// exec runs a statement and returns the number of rows that it changed.
func (c *conn) exec(ctx context.Context, query string, args ...any) (int, error) {
	st, err := c.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// each calls row for every row of a query's result; row scans it.
func (c *conn) each(ctx context.Context, row func(*sql.Rows) error, query string, args ...any) error {
	st, err := c.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one scans the first row of a query's result into dest; found is false where there is none.
func (c *conn) one(ctx context.Context, dest []any, query string, args ...any) (found bool, err error) {
	st, err := c.prepare(ctx, query)
	if err != nil {
		return false, err
	}
	err = st.QueryRowContext(ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (c *conn) close() error {
	var errs []error
	for _, st := range c.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, c.Close())...)
}

var (
	errClosed  = errors.New("the store is closed")
	errForeign = errors.New("it is not a database of Callout; move the file away, or set another data_dir")
)

// take waits for a connection out of idle. Who takes one puts it back.
func (s *Store) take(ctx context.Context, idle chan *conn) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.closed:
		return nil, errClosed
	default:
	}
	select {
	case c := <-idle:
		return c, nil
	case <-s.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// reading runs f with a reading connection. What f does is short, and a context that can end costs more than
// a look-up, so f gets one that can't: f asks the outer one itself where it takes longer.
func (s *Store) reading(ctx context.Context, what string, f func(context.Context, *conn) error) error {
	c, err := s.take(ctx, s.read)
	if err == nil {
		err = f(context.WithoutCancel(ctx), c)
		s.read <- c
	}
	return s.wrap(what, err)
}

// changing runs f in a transaction of the writing connection and commits it. An error of f, or of the commit,
// undoes the whole.
func (s *Store) changing(ctx context.Context, what string, f func(context.Context, *conn) error) error {
	c, err := s.take(ctx, s.write)
	if err == nil {
		err = c.transaction(ctx, "BEGIN IMMEDIATE", f)
		s.write <- c
	}
	return s.wrap(what, err)
}

// transaction waits for locks of other processes no longer than ctx lives; from there on it is short and runs
// to its end.
func (c *conn) transaction(ctx context.Context, begin string, f func(context.Context, *conn) error) error {
	_, err := c.exec(ctx, begin)
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		// A context that ends in this moment makes the driver report a failure though the transaction is open.
		_, _ = c.exec(ctx, "ROLLBACK")
		return err
	}
	err = f(ctx, c)
	if err == nil {
		_, err = c.exec(ctx, "COMMIT")
	}
	if err != nil {
		// Some errors have rolled back already, and then this one fails, which is as well.
		_, _ = c.exec(ctx, "ROLLBACK")
	}
	return err
}

// wrap says what failed, and on which file.
func (s *Store) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store %s: %s: %w", s.path, what, advise(err))
}

// advise adds what to do to the errors that an operator can mend.
func advise(err error) error {
	var e *driver.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff { // the rest is SQLite's extended code
		case codes.SQLITE_NOTADB:
			return fmt.Errorf("%w: %w", errForeign, err)
		case codes.SQLITE_CORRUPT:
			return fmt.Errorf("%w; restore a backup, or move the file away to begin anew", err)
		case codes.SQLITE_FULL:
			return fmt.Errorf("%w; free space on its disk", err)
		case codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_PERM:
			return fmt.Errorf("%w; make the file and its directory writable for the user that runs callout", err)
		case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
			return fmt.Errorf("%w; end the other program that has it open", err)
		}
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w; create its directory, or set another data_dir", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; make the file and its directory writable for the user that runs callout", err)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%w; name a file", err)
	}
	return err
}
