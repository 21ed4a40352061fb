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

// Page is a part of a listing, in the order of local-parts, and the cursors of the pages before and after it, "" where
// there is none.
type Page struct {
	Verdicts       []store.Verdict
	Previous, Next string
}

// backwards begins the cursor of a page before. The rest is the place where that ends, as in the cursor of the page after.
const backwards = "~"

// List returns a page of the verdicts of a domain and then of its aliases that still count; of an alias it lists that
// alone. The error wraps store.ErrCursor for a Cursor that is not of a Page.
func (v *Verifier) List(ctx context.Context, d *domains.Domain, q store.Query) (Page, error) {
	place, back := strings.CutPrefix(q.Cursor, backwards)
	q.Cursor, q.Back = place, q.Back || back
	rows, further, err := v.list(ctx, d, q)
	switch {
	case err != nil:
		return Page{}, err
	case q.Back:
		return Page{rows, before(further), place}, nil
	}
	return Page{rows, before(place), further}, nil
}

// before returns the cursor of the page that ends at a place; before the first place there is none.
func before(place string) string {
	if place == "" {
		return ""
	}
	return backwards + place
}

// list returns a page and the place where the one beyond begins, in the direction that is read.
func (v *Verifier) list(ctx context.Context, d *domains.Domain, q store.Query) (page []store.Verdict, further string, err error) {
	now := time.Now()
	q.ValidSince = now.Add(-d.Settings.Cache.ValidTTL)
	q.InvalidSince = now.Add(-d.Settings.Cache.InvalidTTL)
	q.Limit = max(q.Limit, 1)
	names, err := listFrom(namesOf(d), &q)
	if err != nil {
		return nil, "", err
	}
	for i, name := range names {
		q.Domain = name
		rows, next, err := v.behind.List(ctx, q)
		if err != nil {
			return nil, "", err
		}
		if q.Back {
			rows = append(rows, page...)
		} else {
			rows = append(page, rows...)
		}
		q.Limit -= len(rows) - len(page)
		page = rows
		switch {
		case next != "":
			return page, listCursor(d, name, next), nil
		case q.Limit <= 0 && i+1 < len(names):
			return page, listCursor(d, edgeOf(name, names[i+1], q.Back), ""), nil
		}
		q.Cursor = ""
	}
	return page, "", nil
}

// A place among aliases is a name and the cursor in that one's own list, or "" for the beginning of that.
const cursorOfName = ":"

func listCursor(d *domains.Domain, name, cursor string) string {
	if name == d.Name {
		return cursor
	}
	return name + cursorOfName + cursor
}

// edgeOf returns which of two names that were to be listed one after the other has the place between them as its
// beginning.
func edgeOf(name, next string, back bool) string {
	if back {
		return name
	}
	return next
}

// listFrom takes the name out of a place and returns the names that are still to be listed, in their turn.
func listFrom(names []string, q *store.Query) ([]string, error) {
	name, cursor, ok := strings.Cut(q.Cursor, cursorOfName)
	i := slices.Index(names, name)
	switch {
	case !ok && q.Back && q.Cursor != "":
		i = 0 // before a place in the list of the domain itself there is nothing but that
	case !ok && q.Back:
		i = len(names) - 1
	case !ok:
		i = 0
	case i < 0 || i == 0 && cursor == "":
		return nil, fmt.Errorf("list the verdicts of %s: %w: pass on the one that the page before came with", names[0], store.ErrCursor)
	default:
		q.Cursor = cursor
		if q.Back && cursor == "" {
			i-- // before its beginning is the end of the one before
		}
	}
	if !q.Back {
		return names[i:], nil
	}
	back := slices.Clone(names[:i+1])
	slices.Reverse(back)
	return back, nil
}
