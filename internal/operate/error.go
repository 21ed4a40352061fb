package operate

import (
	"errors"
	"fmt"

	"callout/internal/access"
	"callout/internal/doctor"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// Kind is what sort of thing went wrong.
type Kind uint8

// The kinds. Whoever words an error for a protocol gives each a status.
const (
	Internal  Kind = iota // ours: nothing that who asked could mend
	Malformed             // what was asked can't be read: a bad name, a bad cursor
	Unusable              // it can be read and makes no sense: a pause of -1h
	Forbidden             // not for who asked
	Missing               // there is no such thing, or who asked may not know of it
	Conflict              // it can't be changed as it stands: a domain of the file
	TooLarge              // more than is taken at a time
	Busy                  // too much at this moment; later it works
)

// Error is an error that is theirs who asked: one line that says what failed, on what, and what to do.
type Error struct {
	Kind   Kind
	Detail string
	Field  string // what of the request it is about, "" for all of it
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

func failure(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of an error that an operation has returned.
func KindOf(err error) Kind {
	if mine, ok := errors.AsType[*Error](err); ok {
		return mine.Kind
	}
	if _, ok := errors.AsType[*domains.SpecError](err); ok {
		return Unusable
	}
	if _, ok := errors.AsType[*access.FieldError](err); ok {
		return Unusable
	}
	if _, ok := errors.AsType[*access.ThrottledError](err); ok {
		return Busy
	}
	switch {
	case errors.Is(err, verify.ErrPast):
		return Unusable
	case errors.Is(err, store.ErrNotFound), errors.Is(err, domains.ErrNotFound), errors.Is(err, access.ErrNotFound):
		return Missing
	case errors.Is(err, domains.ErrReadOnly), errors.Is(err, domains.ErrThere), errors.Is(err, access.ErrLastAdmin), errors.Is(err, access.ErrThere):
		return Conflict
	case errors.Is(err, access.ErrCredentials):
		return Forbidden
	case errors.Is(err, store.ErrCursor):
		return Malformed
	case errors.Is(err, doctor.ErrBusy):
		return Busy
	}
	return Internal
}
