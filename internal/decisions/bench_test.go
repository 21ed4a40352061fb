package decisions_test

import (
	"context"
	"testing"
	"time"

	"callout/internal/decisions"
)

// What a decision pays: by one goroutine, by as many as there are processors, and while somebody watches or searches
// all the time.
func BenchmarkAdd(b *testing.B) {
	q := question("missing123@example.com")
	b.Run("one", func(b *testing.B) {
		l := decisions.NewLog(20_000)
		b.ReportAllocs()
		for b.Loop() {
			l.Add(q, &rejected, noon, time.Millisecond)
		}
	})
	parallel := func(b *testing.B, l *decisions.Log) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				l.Add(q, &rejected, noon, time.Millisecond)
			}
		})
	}
	b.Run("parallel", func(b *testing.B) { parallel(b, decisions.NewLog(20_000)) })
	b.Run("watched", func(b *testing.B) {
		l := decisions.NewLog(20_000)
		beside(b, func(ctx context.Context) {
			for at := l.Last(); l.Wait(ctx, at) == nil; at = l.Last() {
			}
		})
		parallel(b, l)
	})
	b.Run("searched", func(b *testing.B) {
		l := decisions.NewLog(20_000)
		added(l, 0, 20_000)
		beside(b, func(ctx context.Context) {
			for ctx.Err() == nil {
				l.Page(decisions.Filter{Text: "nobody"}, 0, 50)
			}
		})
		parallel(b, l)
	})
}

// beside runs f until the benchmark ends.
func beside(b *testing.B, f func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		f(ctx)
		close(done)
	}()
	b.Cleanup(func() {
		cancel()
		<-done
	})
}

// Searches of a full log in which hardly anything is found.
func BenchmarkPage(b *testing.B) {
	l := decisions.NewLog(20_000)
	added(l, 0, 20_000)
	for name, f := range map[string]decisions.Filter{
		"text":   {Text: "user7777@"},
		"domain": {Domain: "other.example"},
		"word":   {Action: "defer"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				l.Page(f, 0, 50)
			}
		})
	}
}
