package sqlite_test

import (
	"testing"

	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/store/sqlite/sqlitetest"
	"callout/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		path := sqlitetest.Path(t)
		return func(t *testing.T) store.Store { return open(t, path) }
	})
}

// open opens a store that the test closes.
func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
