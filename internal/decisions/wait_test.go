package decisions_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/decisions"
)

func TestWaitEndsWithTheNextDecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := decisions.NewLog(10)
		begun := time.Now()
		at := l.Last()
		for range 3 { // nobody sleeps through one that comes in between
			told := make(chan error)
			for range 2 {
				go func() { told <- l.Wait(t.Context(), at) }()
			}
			synctest.Wait()
			select {
			case err := <-told:
				t.Fatalf("Wait has ended without a decision: %v", err)
			default:
			}
			added(l, 0, 1)
			for range 2 {
				if err := <-told; err != nil {
					t.Fatal(err)
				}
			}
			if err := l.Wait(t.Context(), at); err != nil { // it has come already
				t.Fatal(err)
			}
			at = l.Last()
		}
		if took := time.Since(begun); took != 2*50*time.Millisecond {
			t.Errorf("three decisions were told of in %v", took)
		}
	})
}

func TestWaitGathersWhatComesInAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := decisions.NewLog(10_000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var flood sync.WaitGroup
		defer flood.Wait()
		flood.Go(func() {
			for ctx.Err() == nil {
				added(l, 0, 1)
				time.Sleep(time.Millisecond)
			}
		})
		told, seen := 0, 0
		for at := l.Last(); l.Wait(ctx, at) == nil; told++ {
			page, last, lost := l.After(decisions.Filter{}, at, 1000)
			if seen, at = seen+len(page), last; lost || len(page) == 0 {
				t.Fatalf("%d decisions, lost %v", len(page), lost)
			}
		}
		if told > 21 || seen < 900 {
			t.Errorf("told %d times of %d decisions in a second", told, seen)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := decisions.NewLog(10)
		for _, prepare := range []func(){func() {}, func() { // the second time in the pause between two tellings
			added(l, 0, 1)
			if err := l.Wait(t.Context(), l.Last()-1); err != nil {
				t.Error(err)
			}
			added(l, 0, 1)
		}} {
			at := l.Last()
			prepare()
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if last := l.Last(); last != at {
				at = last - 1
			}
			if err := l.Wait(ctx, at); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Wait = %v", err)
			}
			cancel()
		}
		if err := l.Wait(t.Context(), l.Last()+1_000_000); err != nil { // that number never comes
			t.Errorf("Wait for a number of another log = %v", err)
		}
	})
}
