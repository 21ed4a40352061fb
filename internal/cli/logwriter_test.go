package cli

import (
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// gate is a log that is read only once it is open.
type gate struct {
	mu   sync.Mutex
	got  strings.Builder
	open chan struct{}
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.got.Write(b)
}

// A line is written within 50 ms, and the last ones by Close.
func TestLogLinesAreWrittenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		close(g.open)
		l := newLogWriter(g, false)
		io.WriteString(l, "one\n")
		time.Sleep(logDelay)
		synctest.Wait()
		if got := g.got.String(); got != "one\n" {
			t.Errorf("after 50 ms: %q", got)
		}
		io.WriteString(l, "two\n")
		l.Close()
		if got := g.got.String(); got != "one\ntwo\n" {
			t.Errorf("after Close: %q", got)
		}
	})
}

// A log that nobody reads holds up nobody: lines are dropped, and counted once it is read again.
func TestALogThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		l := newLogWriter(g, false)
		log := slog.New(slog.NewTextHandler(l, nil))
		for range 20_000 { // of 500 octets, so 10 MB
			log.Info(strings.Repeat("x", 500))
		}
		synctest.Wait()
		close(g.open)
		time.Sleep(time.Second)
		log.Info("again")
		l.Close()
		if got := g.got.String(); len(got) > 10<<20 || !strings.Contains(got, "log lines were dropped") || !strings.Contains(got, "msg=again") {
			t.Errorf("%d octets, ending in %q", len(got), got[max(0, len(got)-300):])
		}
	})
}

// A shutdown does not wait for a log that nobody reads.
func TestCloseOfALogThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		l := newLogWriter(g, true)
		io.WriteString(l, "one\n")
		begun := time.Now()
		l.Close()
		if took := time.Since(begun); took > logEnd {
			t.Errorf("Close took %v", took)
		}
		close(g.open)
	})
}
