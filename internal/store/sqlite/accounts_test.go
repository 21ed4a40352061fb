package sqlite_test

import (
	"testing"

	"callout/internal/store/sqlite/sqlitetest"
	"callout/internal/store/storetest"
)

func TestAccounts(t *testing.T) {
	storetest.RunAccounts(t, func(t *testing.T) storetest.AccountsPlace {
		path := sqlitetest.Path(t)
		return func(t *testing.T) storetest.ClosableAccounts { return open(t, path) }
	})
}
