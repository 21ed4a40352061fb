package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/logline"
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
		want := ""
		for _, line := range []string{"one\n", "two\n"} {
			io.WriteString(l, line)
			want += line
			time.Sleep(logDelay)
			synctest.Wait()
			if got := g.got.String(); got != want {
				t.Errorf("after 50 ms: %q; want %q", got, want)
			}
		}
		io.WriteString(l, "three\n")
		l.Close()
		if got := g.got.String(); got != want+"three\n" {
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
		begun := time.Now()
		for range 40_000 { // of 500 octets, so 20 MB
			log.Info(strings.Repeat("x", 500))
		}
		if took := time.Since(begun); took > 0 {
			t.Errorf("who logs waited for %v", took)
		}
		synctest.Wait()
		close(g.open)
		time.Sleep(time.Second)
		log.Info("again")
		l.Close()
		if got := g.got.String(); len(got) > logMost+1000 || !strings.Contains(got, "log lines were dropped") || !strings.Contains(got, "msg=again") {
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

// Each line that was not dropped is in the log, whole, and those of one who logs are in their order; the lines that were
// dropped are counted where they were.
func TestLogLinesStayWholeAndInOrder(t *testing.T) {
	const loggers, lines = 8, 2500 // of 1,000 octets or so, so 20 MB
	rest := strings.Repeat("x", 1000)
	w := &pieces{t: t}
	l := newLogWriter(w, false)
	fast, slow := logline.NewTextHandler(l, slog.LevelInfo), slog.New(slog.NewTextHandler(l, nil))
	var all sync.WaitGroup
	for n := range loggers {
		all.Go(func() {
			for i := range lines {
				if i%10 == 0 {
					slow.Info("line", "logger", n, "number", i)
					continue
				}
				logline.Log(context.Background(), fast, time.Now(), slog.LevelInfo, "line", func(f *logline.Fields) {
					f.Int("logger", n)
					f.Int("number", i)
					f.String("rest", rest)
				})
			}
		})
	}
	all.Wait()
	l.Close()
	seen, dropped, next := 0, 0, [loggers]int{}
	for line := range strings.Lines(w.got.String()) {
		var logger, number int
		_, fields, isLine := strings.Cut(line, " level=INFO msg=line ")
		if !isLine {
			if _, err := fmt.Sscanf(line, "level=ERROR msg=\"log lines were dropped: nobody read the log\" lines=%d\n", &number); err != nil {
				t.Fatalf("not a line: %q", line)
			}
			dropped += number
			continue
		}
		if _, err := fmt.Sscanf(fields, "logger=%d number=%d", &logger, &number); err != nil || number < next[logger] {
			t.Fatalf("%q after number %d: %v", line, next[logger]-1, err)
		}
		seen++
		next[logger] = number + 1
	}
	if seen+dropped != loggers*lines {
		t.Errorf("%d lines and %d dropped; want %d in all", seen, dropped, loggers*lines)
	}
	if held := l.held.Load(); held != 0 {
		t.Errorf("%d octets are held after the end", held)
	}
}

// pieces takes what is written, which must be whole lines.
type pieces struct {
	t   *testing.T
	got strings.Builder
}

func (p *pieces) Write(b []byte) (int, error) {
	if len(b) == 0 || b[len(b)-1] != '\n' {
		p.t.Errorf("a piece of %d octets does not end with a line", len(b))
	}
	return p.got.Write(b)
}
