package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strconv"

	"callout/internal/address"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// Bounds on what a request may carry and a page may hold.
const (
	maxBody      = 1 << 20
	maxLimit     = 1000
	defaultLimit = 100
)

// API serves /api/v1.
type API struct {
	verifier *verify.Verifier
	domains  *domains.Registry
	log      *slog.Logger
}

// New returns the handler of /api/v1.
func New(v *verify.Verifier, d *domains.Registry, log *slog.Logger) http.Handler {
	a := &API{v, d, log}
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*http.Request) (int, any, error){
		"GET /api/v1/domains":                      a.listDomains,
		"GET /api/v1/domains/{domain}":             a.showDomain,
		"PUT /api/v1/domains/{domain}":             a.putDomain,
		"DELETE /api/v1/domains/{domain}":          a.deleteDomain,
		"GET /api/v1/domains/{domain}/verdicts":    a.listVerdicts,
		"DELETE /api/v1/domains/{domain}/verdicts": a.clearDomain,
		"GET /api/v1/verdicts/{address}":           a.showVerdict,
		"DELETE /api/v1/verdicts/{address}":        a.clearVerdict,
		"DELETE /api/v1/verdicts":                  a.clearAll,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, handle) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// ServeMux would redirect an unclean path to a clean one, which is another operation.
		if p := r.URL.Path; path.Clean(p) != p {
			a.serve(w, r, func(*http.Request) (int, any, error) {
				return 0, nil, &refusal{http.StatusBadRequest, fmt.Sprintf("the path %.100q is not a clean one", p)}
			})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve calls an operation and words what came of it.
func (a *API) serve(w http.ResponseWriter, r *http.Request, handle func(*http.Request) (int, any, error)) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	status, body, err := handle(r)
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
	switch {
	case errors.As(err, &mine):
		status = mine.status
	case errors.As(err, &tooLong):
		status = http.StatusRequestEntityTooLarge
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
	return nil, &refusal{http.StatusNotFound, fmt.Sprintf("domain %s is not served; `callout domain list` shows those that are", name)}
}

func domainName(r *http.Request) (string, error) {
	name, err := address.ParseDomain(r.PathValue("domain"))
	if err != nil {
		return "", &refusal{http.StatusBadRequest, fmt.Sprintf("%.100q is not a domain name", r.PathValue("domain"))}
	}
	return name, nil
}

// recipient returns the recipient that a request's path names, and its domain.
func (a *API) recipient(r *http.Request) (address.Recipient, error) {
	rcpt, err := address.Parse(r.PathValue("address"))
	if err != nil {
		return rcpt, &refusal{http.StatusBadRequest, fmt.Sprintf("%.300q: %v; write local-part@domain", r.PathValue("address"), err)}
	}
	if a.domains.Lookup(rcpt.Domain()) == nil {
		return rcpt, &refusal{http.StatusNotFound, fmt.Sprintf("domain %s is not served; `callout domain list` shows those that are", rcpt.Domain())}
	}
	return rcpt, nil
}

func (a *API) view(d *domains.Domain) Domain {
	view := Domain{Name: d.Name, Origin: d.Origin.String(), Destinations: destinations(d), OnUnknown: onUnknown(&d.Settings)}
	if d.Origin == domains.FromStore {
		view.Spec, _ = a.domains.Spec(d.Name)
	}
	if c, ok := a.verifier.CatchAll(d); ok {
		view.CatchAll = &CatchAll{Accepts: c.Accepts, Reply: c.Reply.String(), Host: c.Host, Asked: c.Asked}
	}
	return view
}

func (a *API) listDomains(*http.Request) (int, any, error) {
	all := []Domain{}
	for _, d := range a.domains.All() {
		all = append(all, a.view(d))
	}
	return http.StatusOK, all, nil
}

func (a *API) showDomain(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, a.view(d), nil
}

func (a *API) putDomain(r *http.Request) (int, any, error) {
	name, err := domainName(r)
	if err != nil {
		return 0, nil, err
	}
	spec, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, nil, err
	}
	created, err := a.domains.Put(r.Context(), name, spec)
	var bad *domains.SpecError
	switch {
	case errors.As(err, &bad):
		return 0, nil, &refusal{http.StatusUnprocessableEntity, err.Error()}
	case err != nil:
		return 0, nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	a.log.Info("domain set", "domain", name, "new", created)
	d := a.domains.Lookup(name)
	if d == nil { // removed again meanwhile
		return 0, nil, &refusal{http.StatusNotFound, fmt.Sprintf("domain %s is not served", name)}
	}
	return status, a.view(d), nil
}

func (a *API) deleteDomain(r *http.Request) (int, any, error) {
	name, err := domainName(r)
	if err != nil {
		return 0, nil, err
	}
	generation, err := a.domains.Delete(r.Context(), name)
	if err != nil {
		return 0, nil, err
	}
	a.verifier.Cleared(name, generation)
	if a.domains.Lookup(name) == nil {
		a.verifier.Forget([]string{name})
	}
	a.log.Info("domain removed", "domain", name)
	return http.StatusOK, Removed{Removed: name}, nil
}

func (a *API) listVerdicts(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	values := r.URL.Query()
	q := store.Query{Text: values.Get("query"), Cursor: values.Get("cursor"), Limit: defaultLimit}
	switch values.Get("status") {
	case "":
	case "valid":
		q.Status = store.Valid
	case "invalid":
		q.Status = store.Invalid
	default:
		return 0, nil, &refusal{http.StatusBadRequest, fmt.Sprintf("status %.40q is neither valid nor invalid", values.Get("status"))}
	}
	if s := values.Get("limit"); s != "" {
		q.Limit, err = strconv.Atoi(s)
		if err != nil || q.Limit < 1 || q.Limit > maxLimit {
			return 0, nil, &refusal{http.StatusBadRequest, fmt.Sprintf("limit %.40q is not a number from 1 to %d", s, maxLimit)}
		}
	}
	rows, next, err := a.verifier.List(r.Context(), d, q)
	if err != nil {
		return 0, nil, err
	}
	page := VerdictPage{Verdicts: make([]Verdict, 0, len(rows)), Next: next}
	for _, row := range rows {
		page.Verdicts = append(page.Verdicts, storedVerdict(row, d))
	}
	return http.StatusOK, page, nil
}

func (a *API) clearDomain(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	if err := a.verifier.ClearDomain(r.Context(), d.Name); err != nil {
		return 0, nil, err
	}
	a.log.Info("cache cleared", "domain", d.Name)
	return http.StatusOK, Cleared{Cleared: d.Name}, nil
}

func (a *API) showVerdict(r *http.Request) (int, any, error) {
	rcpt, err := a.recipient(r)
	if err != nil {
		return 0, nil, err
	}
	verdict, _, err := a.verifier.Peek(r.Context(), rcpt)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, knownVerdict(rcpt.String(), verdict), nil
}

func (a *API) clearVerdict(r *http.Request) (int, any, error) {
	rcpt, err := a.recipient(r)
	if err != nil {
		return 0, nil, err
	}
	n, err := a.verifier.ClearRecipient(r.Context(), rcpt.Domain(), rcpt.Local())
	if err != nil {
		return 0, nil, err
	}
	a.log.Info("cache cleared", "recipient", rcpt.String())
	return http.StatusOK, Cleared{Cleared: rcpt.String(), Stored: &n}, nil
}

func (a *API) clearAll(r *http.Request) (int, any, error) {
	if err := a.verifier.ClearAll(r.Context()); err != nil {
		return 0, nil, err
	}
	a.log.Info("cache cleared", "everything", true)
	return http.StatusOK, Cleared{Cleared: "everything"}, nil
}
