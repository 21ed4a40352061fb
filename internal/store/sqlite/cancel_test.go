package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"callout/internal/store"
)

// A caller that gives up at any moment of a change leaves a store that can be written.
func TestCancelledChangesLeaveTheStoreInOrder(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "callout.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := range 500 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%100)*time.Microsecond)
		_, _ = s.ClearDomain(ctx, "example.com")
		_, _, _ = s.List(ctx, store.Query{Domain: "example.com", Limit: 1})
		cancel()
		if n%50 == 49 {
			if _, err := s.ClearDomain(t.Context(), "example.com"); err != nil {
				t.Fatalf("after %d changes that were given up: %v", n+1, err)
			}
		}
	}
}
