package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"callout/internal/store"
	"callout/internal/store/sqlite"
)

func TestOpenMakesFilesForTheOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "callout.db"))
	if err := s.PutDomain(t.Context(), store.Domain{Name: "a.example"}); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Errorf("files %v, %v; want the database and two of its WAL", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	if files, err = os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files after Close: %v, %v; want the database alone", files, err)
	}
}

func TestOpenTakesAnyPath(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"a b.db", "a?mode=memory", "a#b", "a%20b", "ü'\".db", "file:x", ":memory:"} {
		s := open(t, path)
		if err := s.PutDomain(t.Context(), store.Domain{Name: "a.example"}); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q is not the database: %v", path, err)
		}
	}
}

// raw changes a database by other means.
func raw(t *testing.T, path string, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}

// brokenFile is something at the path of a database that is none, or can't be used.
type brokenFile struct {
	name string
	make func(t *testing.T, path string)
	want []string // parts of the error
}

// broken lists what Open refuses.
func broken() []brokenFile {
	return []brokenFile{
		{"text", func(t *testing.T, path string) { put(t, path, strings.Repeat("no database\n", 1000)) },
			[]string{"not a database of Callout", "move the file away"}},
		{"short text", func(t *testing.T, path string) { put(t, path, "x") },
			[]string{"not a database of Callout", "move the file away"}},
		{"another program's database", func(t *testing.T, path string) { raw(t, path, "CREATE TABLE t (x)") },
			[]string{"not a database of Callout", "move the file away"}},
		{"another program's version", func(t *testing.T, path string) { raw(t, path, "PRAGMA user_version = 1") },
			[]string{"not a database of Callout"}},
		{"newer schema", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			raw(t, path, "PRAGMA user_version = 99")
		}, []string{"schema 99", "run the newer callout"}},
		{"directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, []string{"is a directory", "name a file"}},
		{"dangling", func(t *testing.T, path string) {
			if err := os.Symlink(filepath.Join(path+".none", "x"), path); err != nil {
				t.Fatal(err)
			}
		}, []string{"no such file or directory", "create its directory"}},
		{"locked", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			lock(t, path)
		}, []string{"database is locked", "end the other program"}},
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel() // one waits for a lock for 5 s
	for _, tt := range broken() {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "callout.db")
			tt.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := sqlite.Open(t.Context(), path)
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			for _, part := range append(tt.want, "store "+path+": ") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v\nlacks %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q has more than one line", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file is changed")
			}
		})
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lock holds the database as another program might, until the test ends.
func lock(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
}

// A directory that can't be written: with the file system's user of this thread changed, even root can't.
func TestOpenInUnwritableDirectory(t *testing.T) {
	dir := t.TempDir()
	written := filepath.Join(dir, "written.db")
	if err := open(t, written).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(written, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "callout.db"), written} {
		err := asNobody(func() error {
			s, err := sqlite.Open(context.Background(), path)
			if err == nil {
				s.Close()
			}
			return err
		})
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) ||
			!strings.Contains(err.Error(), "make the file and its directory writable") {
			t.Errorf("Open = %v", err)
		}
	}
}

// asNobody runs f on a thread that has no rights to the files of the test. The thread ends with it.
func asNobody(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		const nobody = 65534
		if os.Getuid() == 0 {
			if err := syscall.Setfsuid(nobody); err != nil {
				result <- err
				return
			}
		}
		result <- f()
	}()
	return <-result
}

// A database that is damaged inside says so when it is used.
func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callout.db")
	s := open(t, path)
	var batch []store.Verdict
	for i := range 1000 {
		batch = append(batch, benchVerdict(strings.Repeat("x", i%200+1), 0, i))
	}
	if err := s.Write(t.Context(), store.Batch{Verdicts: batch}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(content); i++ {
		content[i] = 0xee
	}
	put(t, path, string(content))
	if s, err = sqlite.Open(t.Context(), path); err == nil {
		_, err = s.Domains(t.Context())
		s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "malformed") || !strings.Contains(err.Error(), "restore a backup") ||
		!strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
