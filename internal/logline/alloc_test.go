//go:build !race

package logline

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"
)

// A line costs no memory. (The race detector empties pools at random.)
func TestALineAllocatesNothing(t *testing.T) {
	h, now, room := NewTextHandler(io.Discard, slog.LevelInfo), time.Now(), []byte("550 5.1.1 no such user")
	log := func() {
		Log(context.Background(), h, now, slog.LevelInfo, "decision", func(f *Fields) {
			f.String("domain", "example.com")
			f.Bytes("reply", room)
			f.Int("code", 550)
			f.Bool("provisional", true)
			f.Duration("took", 1234)
		})
	}
	if n := testing.AllocsPerRun(1000, log); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
