package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"callout/internal/store"
	"callout/internal/store/sqlite"
)

// crashPath and crashStep tell a child process which database to work on, and from which step on.
const (
	crashPath = "CALLOUT_TEST_CRASH_PATH"
	crashStep = "CALLOUT_TEST_CRASH_STEP"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashPath); path != "" {
		fmt.Fprintln(os.Stderr, work(path, os.Getenv(crashStep)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// work takes steps until it is killed and says the number of each once it is done.
func work(path, first string) error {
	n, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return err
	}
	for ; ; n++ {
		if err := step(context.Background(), s, n); err != nil {
			return fmt.Errorf("step %d: %w", n, err)
		}
		if _, err := fmt.Println(n); err != nil {
			return err
		}
	}
}

const (
	kinds       = 11 // of steps
	crashDomain = "v.example"
	crashBatch  = 150
)

// step changes the store in the n-th way.
func step(ctx context.Context, s store.Store, n int) (err error) {
	g, err := s.Generations(ctx)
	if err != nil {
		return err
	}
	switch n % kinds {
	case 0, 1, 2:
		var batch []store.Verdict
		for i := range crashBatch {
			batch = append(batch, store.Verdict{Domain: crashDomain, Local: fmt.Sprintf("%d-%d", n, i),
				Status: store.Valid, Generation: g.Of(crashDomain), Expires: time.Now().Add(time.Hour)})
		}
		return s.Write(ctx, store.Batch{Verdicts: batch})
	case 3:
		return s.PutDomain(ctx, store.Domain{Name: fmt.Sprintf("d%d.example", n), Spec: []byte("{}")})
	case 4:
		_, err = s.ClearRecipient(ctx, crashDomain, fmt.Sprintf("%d-7", n-4))
	case 5:
		if n%3 == 0 {
			_, err = s.DeleteDomain(ctx, fmt.Sprintf("d%d.example", n-2))
		}
	case 6:
		if n%5 == 0 {
			_, err = s.ClearAll(ctx)
		} else if n%3 == 0 {
			_, err = s.ClearDomain(ctx, crashDomain)
		}
	case 7:
		_, err = s.Purge(ctx, time.Now(), 100)
	case 8:
		asked := make(map[string]string)
		for i := range crashBatch {
			asked[fmt.Sprintf("e%d.example", i)] = fmt.Sprint(n)
		}
		_, err = s.SetAsked(ctx, asked)
	case 9:
		var entries []string
		for i := range crashBatch {
			entries = append(entries, fmt.Sprintf("%d-%d", n, i))
		}
		err = s.SetRecipients(ctx, crashDomain, entries)
	case 10:
		err = s.SetPause(ctx, store.Pause{Since: time.UnixMilli(int64(n))})
	}
	return err
}

// Killed at any moment, the database is sound and has everything that was acknowledged, and of what was not
// yet, all or nothing.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "callout.db")
	done := 0
	for range 10 {
		acknowledged := killed(t, path, done, rand.N(400*time.Millisecond))
		wantSound(t, path)
		s := open(t, path)
		got := shown(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		switch {
		case reflect.DeepEqual(got, after(acknowledged)):
			done = acknowledged
		case reflect.DeepEqual(got, after(acknowledged+1)):
			done = acknowledged + 1
		default:
			t.Fatalf("after %d steps that were acknowledged the store shows\n%v, want\n%v\nor\n%v", acknowledged, got,
				after(acknowledged), after(acknowledged+1))
		}
	}
	t.Logf("10 kills in %d steps", done)
}

// killed runs a child from a step on, kills it some time after it said its first one, and returns how many
// steps were acknowledged in all.
func killed(t *testing.T, path string, first int, life time.Duration) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashPath+"="+path, crashStep+"="+strconv.Itoa(first))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := first
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil || n != acknowledged {
			t.Fatalf("the child says %q after step %d", lines.Text(), acknowledged-1)
		}
		if acknowledged++; acknowledged == first+1 {
			kill := time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
			defer kill.Stop()
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %v", err)
	}
	return acknowledged
}

// wantSound has SQLite check every page.
func wantSound(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var result string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		t.Fatalf("integrity_check: %s, %v", result, err)
	}
}
