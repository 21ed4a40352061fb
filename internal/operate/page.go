package operate

import (
	"encoding/base64"
	"slices"
	"sort"
	"strings"
)

// Rows of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// rows returns how many rows a page is to have: limit, or the default for 0.
func rows(limit, def, most int) (int, error) {
	switch {
	case limit == 0:
		return def, nil
	case limit < 1 || limit > most:
		return 0, &Error{Kind: Malformed, Field: "limit", Detail: failure(Malformed, "limit %d is not a number from 1 to %d", limit, most).Error()}
	}
	return limit, nil
}

// A cursor says of which list it is, in which order, and where a page begins or ends: behind a key, or before it.
const (
	behindKey = 'a'
	beforeKey = 'b'
)

func cursorAt(side byte, list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(side) + list + "\n" + key))
}

// placeOf reads a cursor of a list, whose name has no line break.
func placeOf(list, cursor string) (side byte, key string, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err == nil && len(b) > 0 && (b[0] == behindKey || b[0] == beforeKey) {
		if key, ok := strings.CutPrefix(string(b[1:]), list+"\n"); ok && key != "" {
			return b[0], key, nil
		}
	}
	return 0, "", errCursor()
}

func errCursor() error {
	return &Error{Kind: Malformed, Field: "cursor", Detail: "the cursor is none of this list: pass on the one that a page came with"}
}

// named returns the cursor of a list for one that its source has made; "" for none. sourceOf turns it back.
func named(list, cursor string) string {
	if cursor == "" {
		return ""
	}
	return cursorAt(behindKey, list, cursor)
}

func sourceOf(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	_, of, err := placeOf(list, cursor)
	return of, err
}

// Span takes a page out of the n things of a list, and returns the cursors of the pages around it, "" where there is none. They are
// in the order of their keys, or with down in the opposite one. What comes and goes meanwhile moves nothing else. list names the
// list and what it is sorted by, on one line: the error is for a cursor of another one.
func Span(list string, n int, key func(int) string, down bool, cursor string, limit int) (from, to int, previous, next string, err error) {
	less := func(a, b string) bool { return a < b }
	if down {
		list, less = "-"+list, func(a, b string) bool { return a > b }
	}
	side, at := byte(behindKey), ""
	if cursor != "" {
		if side, at, err = placeOf(list, cursor); err != nil {
			return 0, 0, "", "", err
		}
	}
	switch {
	case cursor == "":
		to = min(limit, n)
	case side == behindKey:
		from = sort.Search(n, func(i int) bool { return less(at, key(i)) })
		to = min(from+limit, n)
	default:
		to = sort.Search(n, func(i int) bool { return !less(key(i), at) })
		from = max(to-limit, 0)
	}
	if from > 0 && from < to {
		previous = cursorAt(beforeKey, list, key(from))
	}
	if to < n && from < to {
		next = cursorAt(behindKey, list, key(to-1))
	}
	return from, to, previous, next, nil
}

// choose refuses what is none of the choices; "" is always one.
func choose(field, value string, choices ...string) error {
	if value == "" || slices.Contains(choices, value) {
		return nil
	}
	return &Error{Kind: Malformed, Field: field, Detail: failure(Malformed, "%s %.40q is none of %s", field, value, list(choices)).Error()}
}

// list joins words: "a, b and c".
func list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	text := words[0]
	for _, w := range words[1 : len(words)-1] {
		text += ", " + w
	}
	return text + " and " + words[len(words)-1]
}
