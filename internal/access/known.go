package access

import (
	"context"
	"slices"
	"time"

	"callout/internal/store"
)

// How much of the audit log is read at the start: pages, and logins of a page.
const (
	loginPages = 5
	loginsPage = 1000
)

// recall takes from the audit log which addresses have logged in to which accounts of late. Else who fails and fails at
// someone's name would keep them out after a restart, also from where they always log in.
func (a *Access) recall(ctx context.Context) error {
	var logins []store.AuditEvent // newest first
	refused, since := false, time.Now().Add(-knownFor)
	q := store.AuditQuery{Text: "log in", Refused: &refused, Limit: loginsPage}
	for range loginPages {
		page, next, err := a.store.Audit(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page {
			if e.Action == "log in" && e.At.After(since) { // the text may stand elsewhere
				logins = append(logins, e)
			}
		}
		if q.Cursor = next; next == "" || len(page) > 0 && page[len(page)-1].At.Before(since) {
			break
		}
	}
	a.logins.mu.Lock()
	defer a.logins.mu.Unlock()
	for _, e := range slices.Backward(logins) {
		a.logins.know(pair{account: e.Who, address: loginAddress(e.From)}, e.At)
	}
	return nil
}
