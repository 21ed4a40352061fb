package cli

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"callout/internal/logline"
)

// What a line costs all in, to a file, from as many goroutines as there are processors, and how many lines are dropped
// where nothing else is done.
func BenchmarkLogToAFile(b *testing.B) {
	for _, handler := range []string{"text", "slog-text", "json"} {
		b.Run(handler, func(b *testing.B) {
			file, err := os.Create(filepath.Join(b.TempDir(), "log"))
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			l := newLogWriter(file, false)
			h := map[string]slog.Handler{
				"text": logline.NewTextHandler(l, slog.LevelInfo), "slog-text": slog.NewTextHandler(l, nil), "json": slog.NewJSONHandler(l, nil),
			}[handler]
			b.ReportAllocs()
			begun := processorTime()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					logRefusal(h)
				}
			})
			l.Close()
			b.StopTimer()
			b.ReportMetric(float64(processorTime()-begun)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(100*(1-float64(countLines(b, file.Name()))/float64(b.N)), "%dropped")
		})
	}
}

// logRefusal logs a line like that of a recipient that is refused.
func logRefusal(h slog.Handler) {
	logline.Log(context.Background(), h, time.Now(), slog.LevelInfo, "decision", func(f *logline.Fields) {
		f.String("front", "gateway")
		f.String("domain", "example.com")
		f.String("recipient", "missing123@example.com")
		f.String("action", "reject")
		f.Int("code", 550)
		f.String("enhanced", "5.1.1")
		f.String("verdict", "invalid")
		f.String("reason", "recipient")
		f.String("source", "cache")
		f.String("destination", "mx.example.com:25")
		f.String("reply", "550 5.1.1 no such user")
		f.Duration("age", 12*time.Second)
		f.String("client", "192.0.2.1")
		f.String("sender", "someone@example.org")
		f.Duration("took", 1234)
	})
}

// processorTime is what the process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// countLines counts the decisions in a log.
func countLines(b *testing.B, path string) (n int) {
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.Contains(lines.Text(), "decision") {
			n++
		}
	}
	return n
}
