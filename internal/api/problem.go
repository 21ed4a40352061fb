package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callout/internal/access"
	"callout/internal/operate"
)

// Problem is a problem detail (RFC 9457). Its type is about:blank, so that it is left out.
type Problem struct {
	Title  string        `json:"title" doc:"The status in words"`
	Status int           `json:"status" doc:"The HTTP status"`
	Detail string        `json:"detail" doc:"One line: what failed, on what, and what to do"`
	Errors []ErrorDetail `json:"errors,omitempty" doc:"Which fields it is about"`

	retryAfter time.Duration
}

// ErrorDetail says what is wrong with one field of a request.
type ErrorDetail struct {
	Field  string `json:"field" doc:"Its name, in the body or in the query; in CSV its line and column"`
	Detail string `json:"detail"`
}

// Error returns the detail: one line.
func (p *Problem) Error() string { return p.Detail }

// newProblem puts a detail of several lines, as of settings with several faults, on one.
func newProblem(status int, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: strings.ReplaceAll(strings.TrimSpace(detail), "\n", "; ")}
}

// about says which field a problem is about.
func (p *Problem) about(field string) *Problem {
	if field != "" {
		p.Errors = []ErrorDetail{{field, p.Detail}}
	}
	return p
}

// after says when to try again.
func (p *Problem) after(d time.Duration) *Problem {
	p.retryAfter = d
	return p
}

// statuses are what the kinds of errors are worded with.
var statuses = map[operate.Kind]int{
	operate.Malformed: http.StatusBadRequest, operate.Unusable: http.StatusUnprocessableEntity, operate.Forbidden: http.StatusForbidden,
	operate.Missing: http.StatusNotFound, operate.Conflict: http.StatusConflict, operate.TooLarge: http.StatusRequestEntityTooLarge,
	operate.Busy: http.StatusTooManyRequests,
}

// busyFor is when to try again what was too much, where nothing says better.
const busyFor = time.Minute

// problem words an error. who is nil where that is not known.
func (a *API) problem(r *http.Request, who *access.Actor, err error) *Problem {
	if mine, ok := errors.AsType[*Problem](err); ok {
		return mine
	}
	if errors.Is(err, operate.ErrEnded) {
		return newProblem(http.StatusUnauthorized, "the token has expired or was revoked meanwhile; begin again with one that holds")
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d MiB: %v", tooLong.Limit>>20, tooLong))
	}
	if errors.Is(err, context.Canceled) && r.Context().Err() == nil { // the Desk has closed
		return newProblem(http.StatusServiceUnavailable, "the server is shutting down; try again in a minute").after(busyFor)
	}
	status, ok := statuses[operate.KindOf(err)]
	if !ok {
		return a.internal(r, who, err)
	}
	p := newProblem(status, err.Error())
	if theirs, ok := errors.AsType[*operate.Error](err); ok {
		p.about(theirs.Field)
	} else if field, ok := errors.AsType[*access.FieldError](err); ok {
		p.Errors = []ErrorDetail{{field.Field, field.Reason}}
	}
	for _, one := range operate.SpecProblems(err) {
		if one.Key != "" {
			p.Errors = append(p.Errors, ErrorDetail{one.Key, one.Text})
		}
	}
	if status == http.StatusTooManyRequests {
		p.retryAfter = busyFor
	}
	if throttled, ok := errors.AsType[*access.ThrottledError](err); ok {
		p.retryAfter = throttled.Wait()
	}
	return p
}

// internal words an error that is ours. Who is no admin reads a number of it, which the log has: what it says may be of
// others.
func (a *API) internal(r *http.Request, who *access.Actor, err error) *Problem {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) { // nobody reads it
		return newProblem(http.StatusInternalServerError, "the request was given up")
	}
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	id := hex.EncodeToString(b)
	a.log.Error("api: "+r.Method+" "+r.URL.Path, "error_id", id, "err", err)
	if who != nil && who.Admin() {
		return newProblem(http.StatusInternalServerError, fmt.Sprintf("%v (error %s in the log)", err, id))
	}
	return newProblem(http.StatusInternalServerError, fmt.Sprintf("internal error %s; who runs this server finds it in the log", id))
}

// writeProblem answers with a problem.
func writeProblem(w http.ResponseWriter, p *Problem) {
	p.header(w.Header())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // who has gone reads nothing
}

// header sets what a problem says in the header, whatever the body says it in.
func (p *Problem) header(h http.Header) {
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
}
