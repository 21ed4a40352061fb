package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"callout/internal/domains"
	"callout/internal/store"
)

// longestPause is the longest that may have an end: who writes more has mistyped it, or means none.
const longestPause = 366 * 24 * time.Hour

// Pause is a time in which nothing is enforced.
type Pause struct {
	Domain string    `json:"domain,omitempty"` // absent: every domain
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until,omitzero"` // absent: until it is ended
}

// PauseRequest is what PUT takes.
type PauseRequest struct {
	For string `json:"for,omitempty"` // "1h30m"; absent: until it is ended
}

// Resumed says which pause has ended.
type Resumed struct {
	Resumed   string `json:"resumed"` // the domain, or "everything"
	WasPaused bool   `json:"was_paused"`
	Paused    *Pause `json:"paused,omitempty"` // of a domain: that of everything, where it goes on
	// StillPaused are the pauses of domains that go on, where that of everything ended.
	StillPaused []Pause `json:"still_paused,omitempty"`
}

// pauseOf returns the pause that a domain is in, nil for none.
func pauseOf(d *domains.Domain, pauses []store.Pause) *Pause {
	for _, p := range pauses { // that of everything comes first
		if p.Domain == "" || p.Domain == d.Name || p.Domain == d.AliasOf {
			view := Pause(p)
			return &view
		}
	}
	return nil
}

func (a *API) pauseAll(r *http.Request) (int, any, error) { return a.pause(r, "") }

func (a *API) pauseDomain(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	return a.pause(r, mainName(d))
}

func (a *API) pause(r *http.Request, name string) (int, any, error) {
	const example = `{"for": "1h"}, or {} for no end`
	var body PauseRequest
	if err := readBody(r, &body, example); err != nil {
		return 0, nil, err
	}
	var until time.Time
	if body.For != "" {
		d, err := time.ParseDuration(body.For)
		if err != nil || d < time.Second || d > longestPause {
			return 0, nil, &refusal{http.StatusUnprocessableEntity,
				fmt.Sprintf("%.40q is no duration from 1s to 8784h; write for example 30m or 48h, or none for a pause without an end", body.For)}
		}
		until = time.Now().Add(d)
	}
	if err := a.verifier.Pause(r.Context(), name, until); err != nil {
		return 0, nil, err
	}
	a.log.Warn("paused: nothing is enforced", append(about(name), "for", body.For)...)
	pauses := a.verifier.Pauses()
	i := slices.IndexFunc(pauses, func(p store.Pause) bool { return p.Domain == name })
	if i < 0 { // ended again meanwhile
		return http.StatusOK, Pause{Domain: name, Since: time.Now(), Until: until}, nil
	}
	return http.StatusOK, Pause(pauses[i]), nil
}

func (a *API) resumeAll(r *http.Request) (int, any, error) {
	was, err := a.resume(r.Context(), "")
	if err != nil {
		return 0, nil, err
	}
	done := Resumed{Resumed: "everything", WasPaused: was}
	for _, p := range a.verifier.Pauses() {
		done.StillPaused = append(done.StillPaused, Pause(p))
	}
	return http.StatusOK, done, nil
}

func (a *API) resumeDomain(r *http.Request) (int, any, error) {
	name, err := domainName(r)
	if err != nil {
		return 0, nil, err
	}
	d := a.domains.Lookup(name)
	was, err := a.resume(r.Context(), name) // also of a domain that is not served any more
	if err != nil {
		return 0, nil, err
	}
	if d == nil {
		if !was {
			return 0, nil, notServed(name)
		}
		return http.StatusOK, Resumed{Resumed: name, WasPaused: true}, nil
	}
	if d.AliasOf != "" {
		ofMain, err := a.resume(r.Context(), d.AliasOf)
		if err != nil {
			return 0, nil, err
		}
		was = was || ofMain
	}
	return http.StatusOK, Resumed{Resumed: mainName(d), WasPaused: was, Paused: pauseOf(d, a.verifier.Pauses())}, nil
}

func (a *API) resume(ctx context.Context, name string) (was bool, err error) {
	was, err = a.verifier.Resume(ctx, name)
	if was {
		a.log.Info("resumed", about(name)...)
	}
	return was, err
}

// about is what a pause is about, for the log.
func about(domain string) []any {
	if domain == "" {
		return []any{"everything", true}
	}
	return []any{"domain", domain}
}
