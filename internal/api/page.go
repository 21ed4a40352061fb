package api

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"callout/internal/operate"
)

// pageOf takes a page out of a list. A cursor is the key of the last one of the page before, so that what comes and goes
// meanwhile moves nothing else.
func pageOf[T any](all []T, key func(T) string, in *Paging) (page []T, next string, err error) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(x, y T) int { return strings.Compare(key(x), key(y)) })
	from := 0
	if in.Cursor != "" {
		last, err := base64.RawURLEncoding.Strict().DecodeString(in.Cursor)
		if err != nil || len(last) == 0 {
			return nil, "", newProblem(http.StatusBadRequest, "the cursor is none of this list: pass on the one that a page came with").about("cursor")
		}
		at, found := slices.BinarySearchFunc(all, string(last), func(one T, k string) int { return strings.Compare(key(one), k) })
		from = at
		if found {
			from++
		}
	}
	limit := in.Limit
	if limit == 0 {
		limit = operate.DefaultLimit
	}
	to := min(from+limit, len(all))
	if to < len(all) {
		next = base64.RawURLEncoding.EncodeToString([]byte(key(all[to-1])))
	}
	return append([]T{}, all[from:to]...), next, nil
}

// descendingTime is a key that puts later times first.
func descendingTime(t time.Time) string { return fmt.Sprintf("%020d", math.MaxInt64-t.UnixNano()) }
