package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
)

// Domain is a domain, or an alias, as the API shows it.
type Domain struct {
	Name         string          `json:"name"`
	AliasOf      string          `json:"alias_of,omitempty"` // all but name and catch_all is that domain's
	Aliases      []string        `json:"aliases,omitempty"`  // of the domain, also where this is one
	Origin       string          `json:"origin"`             // "file": read-only here; "store"
	Destinations [][]string      `json:"destinations"`
	DeliverTo    [][]string      `json:"deliver_to,omitempty"` // absent where mail goes to the destinations
	OnUnknown    string          `json:"on_unknown"`
	Mode         string          `json:"mode"`                // "callout", "list", "list+callout", "off"
	Enforce      bool            `json:"enforce"`             // what its settings say
	Paused       *Pause          `json:"paused,omitempty"`    // absent where nothing is
	Recipients   int             `json:"recipients"`          // how many local ones there are
	CatchAll     *CatchAll       `json:"catch_all,omitempty"` // absent while nothing is known
	Spec         json.RawMessage `json:"spec,omitempty"`      // of a domain of the store: what PUT takes
}

// CatchAll is what the last probe of a domain said.
type CatchAll struct {
	Accepts     bool      `json:"accepts"`               // every recipient
	Turned      bool      `json:"turned,omitempty"`      // into a catch-all, though it had refused something not long before
	Provisional bool      `json:"provisional,omitempty"` // a host of lower priority said so
	Reply       string    `json:"reply"`
	Host        string    `json:"host"`
	Asked       time.Time `json:"asked"`
}

// Removed says which domain is no longer served.
type Removed struct {
	Removed string `json:"removed"`
}

func (a *API) view(d *domains.Domain, pauses []store.Pause) Domain {
	view := Domain{
		Name: d.Name, AliasOf: d.AliasOf, Aliases: d.Aliases, Origin: d.Origin.String(), Destinations: hosts(d.Destination),
		OnUnknown: onUnknown(&d.Settings), Mode: d.Mode.String(), Enforce: d.Settings.Enforce, Paused: pauseOf(d, pauses),
		DeliverTo: hosts(d.DeliverTo), Recipients: d.Recipients.Len(),
	}
	if d.Origin == domains.FromStore {
		view.Spec, _ = a.domains.Spec(d.Name)
	}
	if c, ok := a.verifier.CatchAll(d); ok {
		view.CatchAll = &CatchAll{
			Accepts: c.Accepts, Turned: c.Turned, Provisional: c.Provisional, Reply: c.Reply.String(), Host: c.Host, Asked: c.Asked,
		}
	}
	return view
}

func onUnknown(s *domains.Settings) string {
	if s.AcceptUnknown {
		return "accept"
	}
	return "defer"
}

func hosts(d callout.Destination) [][]string {
	all := make([][]string, len(d))
	for i, group := range d {
		for _, h := range group {
			all[i] = append(all[i], h.String())
		}
	}
	return all
}

func (a *API) listDomains(*http.Request) (int, any, error) {
	all := []Domain{}
	pauses := a.verifier.Pauses()
	for _, d := range a.domains.All() {
		all = append(all, a.view(d, pauses))
	}
	return http.StatusOK, all, nil
}

func (a *API) showDomain(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, a.view(d, a.verifier.Pauses()), nil
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
	before := a.aliases(name)
	created, err := a.domains.Put(r.Context(), name, spec)
	if err != nil {
		return 0, nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	a.log.Info("domain set", "domain", name, "new", created)
	a.forgetUnserved(before)
	d := a.domains.Lookup(name)
	if d == nil { // removed again meanwhile
		return 0, nil, &refusal{http.StatusNotFound, fmt.Sprintf("domain %s is not served", name)}
	}
	return status, a.view(d, a.verifier.Pauses()), nil
}

func (a *API) deleteDomain(r *http.Request) (int, any, error) {
	name, err := domainName(r)
	if err != nil {
		return 0, nil, err
	}
	aliases := a.aliases(name)
	generation, err := a.domains.Delete(r.Context(), name)
	if err != nil {
		return 0, nil, err
	}
	a.verifier.Cleared(name, generation)
	a.log.Info("domain removed", "domain", name)
	err = a.clearUnserved(context.WithoutCancel(r.Context()), aliases)
	a.forgetUnserved(append(aliases, name))
	if err != nil {
		return 0, nil, fmt.Errorf("domain %s is removed, but not what is known of its aliases: %w", name, err)
	}
	return http.StatusOK, Removed{Removed: name}, nil
}

// aliases returns the aliases of a domain, none for an alias.
func (a *API) aliases(name string) []string {
	d := a.domains.Lookup(name)
	if d == nil || d.AliasOf != "" {
		return nil
	}
	return slices.Clone(d.Aliases)
}

// clearUnserved forgets durably what is known of names that are no longer served: deleting a domain does so for its
// own name only.
func (a *API) clearUnserved(ctx context.Context, names []string) error {
	var all []error
	for _, name := range names {
		if a.domains.Lookup(name) == nil {
			all = append(all, a.verifier.ClearDomain(ctx, name))
		}
	}
	return errors.Join(all...)
}

// forgetUnserved lets go of what memory holds for names that are no longer served.
func (a *API) forgetUnserved(names []string) {
	gone := slices.DeleteFunc(names, func(name string) bool { return a.domains.Lookup(name) != nil })
	a.verifier.Forget(gone)
}
