package sqlite_test

import (
	"path/filepath"
	"testing"

	"callout/internal/store/storetest"
)

func TestHistory(t *testing.T) {
	storetest.RunHistory(t, func(t *testing.T) storetest.HistoryPlace {
		path := filepath.Join(t.TempDir(), "callout.db")
		return func(t *testing.T) storetest.HistoryStore { return open(t, path) }
	})
}
