package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// Bounds on what a request may carry and a page may hold.
const (
	maxBody      = 1 << 20
	maxList      = 16 << 20 // body with local recipients
	maxLimit     = 1000
	defaultLimit = 100
)

// API serves /api/v1.
type API struct {
	verifier *verify.Verifier
	domains  *domains.Registry
	pools    *callout.Pools
	log      *slog.Logger
}

// operation reads a request, does what it asks for and returns the status and the body of the answer.
type operation func(*http.Request) (status int, body any, err error)

// New returns the handler of /api/v1. The hosts of pools are those that the status shows.
func New(v *verify.Verifier, d *domains.Registry, log *slog.Logger, pools *callout.Pools) http.Handler {
	a := &API{v, d, pools, log}
	mux := http.NewServeMux()
	for pattern, do := range map[string]operation{
		"GET /api/v1/domains":                      a.listDomains,
		"GET /api/v1/domains/{domain}":             a.showDomain,
		"PUT /api/v1/domains/{domain}":             a.putDomain,
		"DELETE /api/v1/domains/{domain}":          a.deleteDomain,
		"GET /api/v1/domains/{domain}/verdicts":    a.listVerdicts,
		"DELETE /api/v1/domains/{domain}/verdicts": a.clearDomain,
		"GET /api/v1/domains/{domain}/recipients":  a.listRecipients,
		"PUT /api/v1/domains/{domain}/pause":       a.pauseDomain,
		"DELETE /api/v1/domains/{domain}/pause":    a.resumeDomain,
		"GET /api/v1/verdicts/{address}":           a.showVerdict,
		"DELETE /api/v1/verdicts/{address}":        a.clearVerdict,
		"DELETE /api/v1/verdicts":                  a.clearAll,
		"PUT /api/v1/pause":                        a.pauseAll,
		"DELETE /api/v1/pause":                     a.resumeAll,
		"GET /api/v1/alerts":                       a.listAlerts,
		"GET /api/v1/status":                       a.showStatus,
		"DELETE /api/v1/status/hosts/{host}":       a.forgetHost,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, maxBody, do) })
	}
	for pattern, do := range map[string]operation{
		"PUT /api/v1/domains/{domain}/recipients":   a.putRecipients,
		"PATCH /api/v1/domains/{domain}/recipients": a.changeRecipients,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, maxList, do) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// ServeMux would redirect an unclean path to a clean one, which is another operation. What is escaped in a
		// segment, "smtps:%2F%2Fmx.example.com", stays in it.
		if p := r.URL.EscapedPath(); path.Clean(p) != p {
			a.serve(w, r, maxBody, func(*http.Request) (int, any, error) {
				return 0, nil, &refusal{http.StatusBadRequest, fmt.Sprintf("the path %.100q is not a clean one", p)}
			})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve calls an operation and words what came of it.
func (a *API) serve(w http.ResponseWriter, r *http.Request, most int64, do operation) {
	r.Body = http.MaxBytesReader(w, r.Body, most)
	status, body, err := do(r)
	contentType := "application/json"
	if err != nil {
		p := problem(err)
		if p.Status >= 500 {
			a.log.Error("api: "+r.Method+" "+r.URL.Path, "err", err)
		}
		status, body, contentType = p.Status, p, "application/problem+json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// refusal is an error that is the client's, with its status.
type refusal struct {
	status int
	detail string
}

func (r *refusal) Error() string { return r.detail }

// problem finds the status that an error has.
func problem(err error) *Problem {
	status := http.StatusInternalServerError
	var mine *refusal
	var tooLong *http.MaxBytesError
	var bad *domains.SpecError
	switch {
	case errors.As(err, &mine):
		status = mine.status
	case errors.As(err, &tooLong):
		status = http.StatusRequestEntityTooLarge
	case errors.As(err, &bad), errors.Is(err, verify.ErrPast):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, store.ErrNotFound), errors.Is(err, domains.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, domains.ErrReadOnly):
		status = http.StatusConflict
	case errors.Is(err, store.ErrCursor):
		status = http.StatusBadRequest
	}
	return &Problem{Title: http.StatusText(status), Status: status, Detail: err.Error()}
}

// domain returns the domain that a request's path names.
func (a *API) domain(r *http.Request) (*domains.Domain, error) {
	name, err := domainName(r)
	if err != nil {
		return nil, err
	}
	if d := a.domains.Lookup(name); d != nil {
		return d, nil
	}
	return nil, notServed(name)
}

func notServed(name string) error {
	return &refusal{http.StatusNotFound, fmt.Sprintf("domain %s is not served; `callout domain list` shows those that are", name)}
}

func domainName(r *http.Request) (string, error) {
	name, err := address.ParseDomain(r.PathValue("domain"))
	if err != nil {
		return "", &refusal{http.StatusBadRequest, fmt.Sprintf("%.100q is not a domain name", r.PathValue("domain"))}
	}
	return name, nil
}

// recipient returns the recipient that a request's path names, and its domain.
func (a *API) recipient(r *http.Request) (address.Recipient, *domains.Domain, error) {
	rcpt, err := address.Parse(r.PathValue("address"))
	if err != nil {
		return rcpt, nil, &refusal{http.StatusBadRequest, fmt.Sprintf("%.300q: %v; write local-part@domain", r.PathValue("address"), err)}
	}
	d := a.domains.Lookup(rcpt.Domain())
	if d == nil {
		return rcpt, nil, notServed(rcpt.Domain())
	}
	return rcpt, d, nil
}
