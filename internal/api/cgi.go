package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"callout/internal/access"
	"callout/internal/domains"
	"callout/internal/operate"
)

// cgiCall is one call of SpamExperts' Software API: which parameters it takes, and what it does. The text that it returns
// is the answer.
type cgiCall struct {
	name  string
	takes []string
	about string
	sets  bool // it changes something
	do    func(a *API, ctx context.Context, who *access.Actor, domain, destination string) (string, error)
}

// cgiCalls are those that there are. Each is a method GET, also where it changes something, as the scripts that were written
// for it expect. That is safe here since no cookie is looked at, and what a page of another site has, or may have, a browser ask
// is refused.
var cgiCalls = []cgiCall{
	{"api_add_incoming_domain", []string{"domain", "destination"}, "add a domain; several destinations with commas, in order of priority", true, (*API).cgiAdd},
	{"api_clear_callout_cache", []string{"domain"}, "forget what is known of a domain", true, (*API).cgiClear},
	{"api_get_destination", []string{"domain"}, "the destinations of a domain", false, (*API).cgiGet},
	{"api_help", nil, "this", false, nil},
	{"api_list_domains", nil, "the domains, one a line", false, (*API).cgiList},
	{"api_remove_domain", []string{"domain"}, "remove a domain and all that is known of it", true, (*API).cgiRemove},
	{"api_set_destination", []string{"domain", "destination"}, "give a domain other destinations", true, (*API).cgiSet},
}

func (a *API) serveCGI(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // HEAD, which is to change nothing (RFC 9110 section 9.2.1), too
		w.Header().Set("Allow", http.MethodGet)
		a.cgiProblem(w, r, nil, newProblem(http.StatusMethodNotAllowed, fmt.Sprintf("%.20q is no method of the calls; use GET", r.Method)))
		return
	}
	who, err := a.actor(r)
	if err != nil {
		a.cgiProblem(w, r, nil, err)
		return
	}
	text, err := a.cgi(r, who)
	if err != nil {
		a.cgiProblem(w, r, who, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, text)
}

func (a *API) cgiProblem(w http.ResponseWriter, r *http.Request, who *access.Actor, err error) {
	p := a.problem(r, who, err)
	p.header(w.Header())
	if p.Status == http.StatusUnauthorized {
		challenge(w.Header(), true)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(p.Status)
	fmt.Fprintln(w, "ERROR: "+strings.ReplaceAll(p.Detail, "\n", "; "))
}

// cgi makes a call.
func (a *API) cgi(r *http.Request, who *access.Actor) (string, error) {
	if err := noBody(r); err != nil {
		return "", err
	}
	who, err := a.desk.Still(who) // one without a length may have taken long
	if err != nil {
		return "", err
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", newProblem(http.StatusBadRequest, fmt.Sprintf("the query can't be read: %v", err))
	}
	name := values.Get("call")
	i := slices.IndexFunc(cgiCalls, func(c cgiCall) bool { return c.name == name })
	if i < 0 {
		return "", newProblem(http.StatusBadRequest, fmt.Sprintf("call %.100q is none of those that there are; api_help lists them", name))
	}
	c := cgiCalls[i]
	for key, all := range values {
		switch {
		case key != "call" && !slices.Contains(c.takes, key):
			return "", newProblem(http.StatusBadRequest, fmt.Sprintf("%s does not take %.100q", name, key))
		case len(all) > 1:
			return "", newProblem(http.StatusBadRequest, fmt.Sprintf("%.100q is there %d times; write it once", key, len(all)))
		case !utf8.ValidString(all[0]):
			return "", newProblem(http.StatusBadRequest, key+" is not in UTF-8")
		}
	}
	for _, key := range c.takes {
		if values.Get(key) == "" {
			return "", newProblem(http.StatusBadRequest, fmt.Sprintf("%s needs %s", name, key))
		}
	}
	if c.do == nil {
		return cgiHelp(), nil
	}
	if c.sets {
		if err := unsaidPage(r, who); err != nil {
			return "", err
		}
	}
	return c.do(a, r.Context(), who, values.Get("domain"), values.Get("destination"))
}

func cgiHelp() string {
	var b strings.Builder
	for _, c := range cgiCalls {
		fmt.Fprintf(&b, "%s(%s): %s\n", c.name, strings.Join(c.takes, ", "), c.about)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (a *API) cgiAdd(ctx context.Context, who *access.Actor, domain, destination string) (string, error) {
	spec, err := json.Marshal(map[string]any{"destinations": cgiHosts(destination)})
	if err != nil {
		return "", err
	}
	view, err := a.desk.AddDomain(ctx, who, domain, spec)
	if errors.Is(err, domains.ErrThere) {
		return "", newProblem(http.StatusConflict, fmt.Sprintf("domain %.100s is served already; api_set_destination changes where it is asked", domain))
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("SUCCESS: domain %s is added", view.Name), nil
}

func (a *API) cgiRemove(ctx context.Context, who *access.Actor, domain, _ string) (string, error) {
	done, err := a.desk.DeleteDomain(ctx, who, domain)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("SUCCESS: domain %s is removed", done.Removed), nil
}

func (a *API) cgiClear(ctx context.Context, who *access.Actor, domain, _ string) (string, error) {
	done, err := a.desk.ClearDomain(ctx, who, domain, "")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("SUCCESS: callout cache of %s is cleared; verdicts that were stored: %d", done.Cleared, done.Stored), nil
}

func (a *API) cgiGet(ctx context.Context, who *access.Actor, domain, _ string) (string, error) {
	view, err := a.desk.Domain(ctx, who, domain)
	if err != nil {
		return "", err
	}
	return strings.Join(slices.Concat(view.Destinations...), ","), nil
}

// cgiSet changes the destinations of a domain and nothing else of it.
func (a *API) cgiSet(ctx context.Context, who *access.Actor, domain, destination string) (string, error) {
	view, err := a.desk.Domain(ctx, who, domain)
	if err != nil {
		return "", err
	}
	if view.AliasOf != "" {
		return "", newProblem(http.StatusUnprocessableEntity, fmt.Sprintf("%s is an alias of %s; name that", view.Name, view.AliasOf))
	}
	spec := map[string]json.RawMessage{}
	if len(view.Spec) > 0 { // else the domain is of the file, and PutDomain says so
		if err := json.NewDecoder(bytes.NewReader(view.Spec)).Decode(&spec); err != nil {
			return "", fmt.Errorf("settings of %s: %w", view.Name, err)
		}
	}
	// The list that cgiGet gives leaves them as they are: it does not say which are of equal priority.
	if want := cgiHosts(destination); !slices.Equal(want, slices.Concat(view.Destinations...)) {
		if spec["destinations"], err = json.Marshal(want); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return "", err
	}
	if _, _, err = a.desk.PutDomain(ctx, who, view.Name, text); err != nil {
		return "", err
	}
	return fmt.Sprintf("SUCCESS: destination of %s is set", view.Name), nil
}

func (a *API) cgiList(ctx context.Context, who *access.Actor, _, _ string) (string, error) {
	var names []string
	for q := (operate.DomainQuery{Limit: operate.MaxLimit}); ; {
		page, err := a.desk.Domains(ctx, who, q)
		if err != nil {
			return "", err
		}
		for _, d := range page.Domains {
			names = append(names, d.Name)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return strings.Join(names, "\n"), nil
		}
	}
}

// cgiHosts reads destinations: host, host:port or, as SpamExperts write it, host::port, with commas between them.
func cgiHosts(text string) []string {
	var all []string
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		if _, err := netip.ParseAddr(one); err != nil && strings.Count(one, ":") == 2 {
			one = strings.Replace(one, "::", ":", 1)
		}
		all = append(all, one)
	}
	return all
}
