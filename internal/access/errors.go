package access

import (
	"errors"
	"fmt"
	"time"
)

// What callers branch on. ErrCredentials is the same, and takes as long, whether there is such a user or not.
var (
	ErrNotFound    = errors.New("there is no such user or token")
	ErrThere       = errors.New("there is such a user already")
	ErrCredentials = errors.New("name or password is wrong")
	ErrToken       = errors.New("token is unknown, expired or revoked")
	ErrLastAdmin   = errors.New("this is the last admin; make another user an admin first")
)

// ThrottledError says that there were too many failures for an account or from an address.
type ThrottledError struct {
	RetryAfter time.Duration // until when it is refused without a look, more than 0 and at most 15 min
}

// Error says when to try again: one line.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many attempts; try again in %s", e.Wait())
}

// Wait returns RetryAfter in whole seconds, rounded up, as Retry-After has it (RFC 9110 section 10.2.3).
func (e *ThrottledError) Wait() time.Duration {
	return (e.RetryAfter + time.Second - 1).Truncate(time.Second)
}

// FieldError says what is wrong with one field of what was given.
type FieldError struct {
	Field  string // "name", "password", "role", "domains", "label", "owner" or "expires"
	Reason string // what is wrong, and what to do
}

// Error returns the field and what is wrong with it: one line.
func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }
