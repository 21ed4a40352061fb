package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// allPages reads a list of the API to its end, so many rows a page. of takes the rows and the next cursor out of a page.
func allPages[P, T any](ctx context.Context, c *client, path string, limit int, of func(*P) ([]T, string)) ([]T, error) {
	all := []T{}
	values := url.Values{"limit": {strconv.Itoa(limit)}}
	for {
		var page P
		if err := c.do(ctx, http.MethodGet, path+"?"+values.Encode(), nil, &page); err != nil {
			return nil, err
		}
		rows, next := of(&page)
		all = append(all, rows...)
		if next == "" || next == values.Get("cursor") { // a server that repeats itself would never end
			return all, nil
		}
		values.Set("cursor", next)
	}
}
