package operate

import (
	"encoding/base64"
	"slices"
	"sort"
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

// A cursor says where a page begins or ends: behind a key, or before it.
const (
	behindKey = 'a'
	beforeKey = 'b'
)

func cursorAt(side byte, key string) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte{side}, key...))
}

// span takes a page out of n things that are in the order of their keys, and returns the cursors of the pages around it,
// "" where there is none. What comes and goes meanwhile moves nothing else.
func span(n int, key func(int) string, less func(a, b string) bool, cursor string, limit int) (from, to int, previous, next string, err error) {
	side, at := byte(behindKey), ""
	if cursor != "" {
		b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
		if err != nil || len(b) < 2 || b[0] != behindKey && b[0] != beforeKey {
			return 0, 0, "", "", &Error{Kind: Malformed, Field: "cursor", Detail: "the cursor is none of this list: pass on the one that a page came with"}
		}
		side, at = b[0], string(b[1:])
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
		previous = cursorAt(beforeKey, key(from))
	}
	if to < n && from < to {
		next = cursorAt(behindKey, key(to-1))
	}
	return from, to, previous, next, nil
}

func ascending(a, b string) bool  { return a < b }
func descending(a, b string) bool { return a > b }

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
