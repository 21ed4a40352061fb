package api

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"callout/internal/operate"
)

// pageOf takes a page out of a list by its name. A cursor is a key, so that what comes and goes meanwhile moves nothing else.
func pageOf[T any](list string, all []T, key func(T) string, in *Paging) (page []T, next string, err error) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(x, y T) int { return strings.Compare(key(x), key(y)) })
	limit := cmp.Or(in.Limit, operate.DefaultLimit)
	from, to, _, next, err := operate.Span(list, len(all), func(i int) string { return key(all[i]) }, false, in.Cursor, limit)
	if err != nil {
		return nil, "", err
	}
	return append([]T{}, all[from:to]...), next, nil
}

// descendingTime is a key that puts later times first.
func descendingTime(t time.Time) string { return fmt.Sprintf("%020d", math.MaxInt64-t.UnixNano()) }
