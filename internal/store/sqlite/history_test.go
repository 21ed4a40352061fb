package sqlite_test

import (
	"testing"

	"callout/internal/store/sqlite/sqlitetest"
	"callout/internal/store/storetest"
)

func TestHistory(t *testing.T) {
	storetest.RunHistory(t, func(t *testing.T) storetest.HistoryPlace {
		path := sqlitetest.Path(t)
		return func(t *testing.T) storetest.HistoryStore { return open(t, path) }
	})
}
