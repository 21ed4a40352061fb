package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"callout/internal/access"
	"callout/internal/lab"
	"callout/internal/store/sqlite"
)

const (
	adminName     = "admin"
	adminPassword = "correct horse battery staple"
)

// database is what a program may begin with: a file with an admin and a token of theirs for writing.
type database struct{ path, token string }

// newDatabase makes one, with whatever fill adds.
func newDatabase(b *testing.B, fill func(s *sqlite.Store)) (d database) {
	b.Helper()
	ctx := context.Background()
	d.path = filepath.Join(b.TempDir(), "callout.db")
	s, err := sqlite.Open(ctx, d.path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}()
	a, err := access.New(ctx, access.Options{Store: s, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close(ctx)
	if _, err := a.PutUser(ctx, adminName, access.UserChange{Role: access.RoleAdmin, Password: adminPassword}); err != nil {
		b.Fatal(err)
	}
	token := access.Token{Label: "bench", Owner: adminName, Role: access.RoleAdmin, Write: true}
	if d.token, _, err = a.CreateToken(ctx, token); err != nil {
		b.Fatal(err)
	}
	if fill != nil {
		fill(s)
	}
	return d
}

// console is the built program with pages and API.
type console struct {
	*program
	http  string // address of the HTTP listener
	token string
}

// stop ends the program before the benchmark does: one that has cleared a million verdicts is busy deleting them.
func (c *console) stop() {
	c.cmd.Process.Signal(syscall.SIGTERM)
	c.cmd.Wait()
}

// startConsole starts the built program on a copy of a database, in front of domains that all have the same destination.
func startConsole(b *testing.B, begin database, destination string, domains ...string) *console {
	b.Helper()
	dir, http := b.TempDir(), freeAddr(b)
	if err := copyFile(filepath.Join(dir, "callout.db"), begin.path); err != nil {
		b.Fatal(err)
	}
	var settings strings.Builder
	for _, name := range domains {
		fmt.Fprintf(&settings, "[[domain]]\nname = %q\ndestinations = [%q]\n", name, destination)
	}
	return &console{startProgramIn(b, dir, http, settings.String()), http, begin.token}
}

// copyFile copies a file and waits until the copy is on the disk, so that nobody waits for it later.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

// startMailboxes starts a destination of several domains that all have the same mailboxes.
func startMailboxes(b *testing.B, mailboxes []string, domains ...string) (addr string) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	destination := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{}}
	for _, d := range domains {
		destination.Domains[d] = lab.Domain{Mailboxes: mailboxes}
	}
	go destination.Serve(ln)
	b.Cleanup(destination.Close)
	return ln.Addr().String()
}
