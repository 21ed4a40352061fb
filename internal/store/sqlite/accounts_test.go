package sqlite_test

import (
	"path/filepath"
	"testing"

	"callout/internal/store/storetest"
)

func TestAccounts(t *testing.T) {
	storetest.RunAccounts(t, func(t *testing.T) storetest.AccountsPlace {
		path := filepath.Join(t.TempDir(), "callout.db")
		return func(t *testing.T) storetest.ClosableAccounts { return open(t, path) }
	})
}
