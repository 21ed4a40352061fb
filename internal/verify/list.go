package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"callout/internal/domains"
	"callout/internal/store"
)

// List returns a page of the verdicts of a domain and then of its aliases that still count, and the cursor of the next
// page. Of an alias it lists that alone.
func (v *Verifier) List(ctx context.Context, d *domains.Domain, q store.Query) ([]store.Verdict, string, error) {
	now := time.Now()
	q.ValidSince = now.Add(-d.Settings.Cache.ValidTTL)
	q.InvalidSince = now.Add(-d.Settings.Cache.InvalidTTL)
	q.Limit = max(q.Limit, 1)
	names, err := listFrom(namesOf(d), &q)
	if err != nil {
		return nil, "", err
	}
	var page []store.Verdict
	for i, name := range names {
		q.Domain = name
		rows, next, err := v.behind.List(ctx, q)
		if err != nil {
			return nil, "", err
		}
		page = append(page, rows...)
		q.Limit -= len(rows)
		switch {
		case next != "":
			return page, listCursor(d, name, next), nil
		case q.Limit <= 0 && i+1 < len(names):
			return page, listCursor(d, names[i+1], ""), nil
		}
		q.Cursor = ""
	}
	return page, "", nil
}

// A cursor among aliases is the name whose turn it is and that one's own cursor.
const cursorOfName = ":"

func listCursor(d *domains.Domain, name, cursor string) string {
	if name == d.Name {
		return cursor
	}
	return name + cursorOfName + cursor
}

// listFrom takes the name out of a cursor and returns the names that are still to be listed.
func listFrom(names []string, q *store.Query) ([]string, error) {
	name, cursor, ok := strings.Cut(q.Cursor, cursorOfName)
	if !ok {
		return names, nil
	}
	i := slices.Index(names, name)
	if i < 0 {
		return nil, fmt.Errorf("list the verdicts of %s: %w: pass on the one that the page before came with", names[0], store.ErrCursor)
	}
	q.Cursor = cursor
	return names[i:], nil
}
