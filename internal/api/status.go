package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"callout/internal/callout"
	"callout/internal/verify"
)

// Status is how everything stands.
type Status struct {
	Hosts   []Host         `json:"hosts"`
	Domains []DomainStatus `json:"domains"` // each followed by its aliases
	Alerts  []Alert        `json:"alerts"`
}

// Host is how a destination host stands.
type Host struct {
	Address      string       `json:"address"`           // IP address and port
	Names        []string     `json:"names"`             // destinations that lead there
	State        string       `json:"state"`             // "unknown": not asked yet, "up", "trouble", "back_off": left alone
	Since        time.Time    `json:"since,omitzero"`    // of state
	RetryAt      time.Time    `json:"retry_at,omitzero"` // "back_off": when it may be tried again
	Sessions     int          `json:"sessions"`          // at this moment
	SessionLimit int          `json:"session_limit"`
	Queue        int          `json:"queue"` // questions that wait
	Learned      []Learned    `json:"learned,omitempty"`
	Problem      *HostProblem `json:"problem,omitempty"` // the last one, also one that is over
}

// Learned is something that a host has shown of itself.
type Learned struct {
	Limit   string    `json:"limit"` // "several", "recipients", "rejections", "resets", "sessions", "no_tls"
	N       int       `json:"n"`
	Text    string    `json:"text"`  // the same in a sentence
	Reply   string    `json:"reply"` // what it was learned from
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`
}

// HostProblem is why a host did not answer as it should.
type HostProblem struct {
	Kind  string    `json:"kind"`  // "no_connection", "timeout", "closed" and so on
	Stage string    `json:"stage"` // "connect", "greeting" and so on
	Text  string    `json:"text"`  // one line
	At    time.Time `json:"at"`
}

// DomainStatus is how a domain stands, or an alias.
type DomainStatus struct {
	Name           string    `json:"name"`
	AliasOf        string    `json:"alias_of,omitempty"`
	Aliases        []string  `json:"aliases,omitempty"`
	Mode           string    `json:"mode"`
	Recipients     int       `json:"recipients"`               // how many local ones there are
	CatchAll       string    `json:"catch_all"`                // "yes", "no", "unknown"
	Turned         bool      `json:"turned,omitempty"`         // into a catch-all, though it had refused something not long before
	Provisional    bool      `json:"provisional,omitempty"`    // a host of lower priority said whether it is one
	UndecidedUntil time.Time `json:"undecided_until,omitzero"` // a random address had no usable answer; none is asked before then
	Verdicts       Held      `json:"verdicts"`
	Enforced       bool      `json:"enforced"` // neither its settings nor a pause say otherwise
	Enforce        bool      `json:"enforce"`  // what its settings say
	Paused         *Pause    `json:"paused,omitempty"`
}

// Held is how many verdicts are stored.
type Held struct {
	Valid   int `json:"valid"`
	Invalid int `json:"invalid"`
}

// Alert is something that somebody should look at.
type Alert struct {
	Kind   string    `json:"kind"`             // "paused", "turned", "list_empty", "loop"
	Domain string    `json:"domain,omitempty"` // what it is about: a domain, a host, or everything
	Host   string    `json:"host,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	Text   string    `json:"text"` // what it means and what to do, in one line
}

// AlertList is all alerts.
type AlertList struct {
	Alerts []Alert `json:"alerts"`
}

// Forgotten says of which hosts nothing is known any more.
type Forgotten struct {
	Forgotten []string `json:"forgotten"` // IP addresses and ports
}

// alertLoop is the kind of the alert for a destination that is Callout itself.
const alertLoop = "loop"

func (a *API) showStatus(r *http.Request) (int, any, error) {
	hosts := a.pools.Status()
	s := Status{Hosts: make([]Host, 0, len(hosts)), Domains: []DomainStatus{}, Alerts: a.alerts(hosts)}
	for _, h := range hosts {
		s.Hosts = append(s.Hosts, hostView(&h))
	}
	all, err := a.verifier.Status(r.Context())
	if err != nil {
		return 0, nil, err
	}
	for _, one := range all {
		if view, ok := a.domainStatus(&one); ok {
			s.Domains = append(s.Domains, view)
		}
	}
	return http.StatusOK, s, nil
}

func (a *API) listAlerts(*http.Request) (int, any, error) {
	return http.StatusOK, AlertList{a.alerts(a.pools.Status())}, nil
}

// alerts returns what should be looked at: what verify knows of, then the hosts.
func (a *API) alerts(hosts []callout.HostStatus) []Alert {
	all := []Alert{}
	for _, alert := range a.verifier.Alerts() {
		all = append(all, Alert{Kind: alert.Kind, Domain: alert.Domain, Since: alert.Since, Text: alert.Text})
	}
	for _, h := range hosts {
		if h.Problem == nil || h.Problem.Kind != callout.Loop || h.State == callout.StateUp {
			continue
		}
		all = append(all, Alert{Kind: alertLoop, Host: h.Address, Since: h.Since, Text: fmt.Sprintf(
			"destination or next hop %s is Callout itself, so that nobody is asked there and no mail goes there: %v; name the server that holds the mailboxes, or that mail is to go to",
			strings.Join(h.Names, ", "), h.Problem)})
	}
	return all
}

func (a *API) domainStatus(s *verify.DomainStatus) (view DomainStatus, ok bool) {
	d := a.domains.Lookup(s.Domain)
	if d == nil { // gone meanwhile
		return view, false
	}
	view = DomainStatus{
		Name: s.Domain, AliasOf: d.AliasOf, Mode: d.Mode.String(), Recipients: d.Recipients.Len(), CatchAll: "unknown",
		UndecidedUntil: s.Undecided, Verdicts: Held(s.Held), Enforce: s.Enforce, Enforced: s.Enforce && s.Pause == nil,
	}
	if d.AliasOf == "" {
		view.Aliases = d.Aliases
	}
	if c := s.State; c != nil {
		view.CatchAll, view.Turned, view.Provisional = "no", c.Turned, c.Provisional
		if c.Accepts {
			view.CatchAll = "yes"
		}
	}
	if s.Pause != nil {
		paused := Pause(*s.Pause)
		view.Paused = &paused
	}
	return view, true
}

func hostView(h *callout.HostStatus) Host {
	view := Host{
		Address: h.Address, Names: append([]string{}, h.Names...), State: string(h.State), Since: h.Since, RetryAt: h.RetryAt,
		Sessions: h.Sessions, SessionLimit: h.Limit, Queue: h.Queue,
	}
	for _, l := range h.Learned {
		view.Learned = append(view.Learned, Learned{string(l.Limit), l.N, learnedText(l), l.Reply, l.At, l.Expires})
	}
	if p := h.Problem; p != nil {
		view.Problem = &HostProblem{p.Kind.String(), p.Stage.String(), p.Error(), h.At}
	}
	return view
}

// learnedText says what was learned in a sentence without its subject, the host.
func learnedText(l callout.Learned) string {
	switch l.Limit {
	case callout.Several:
		return fmt.Sprintf("takes several recipients in a transaction, %d so far", l.N)
	case callout.Recipients:
		return fmt.Sprintf("takes %s in a transaction", number(l.N, "recipient"))
	case callout.Rejections:
		return fmt.Sprintf("closes after %s", number(l.N, "refused recipient"))
	case callout.Resets:
		return fmt.Sprintf("closes after %s (RSET)", number(l.N, "reset"))
	case callout.Sessions:
		return fmt.Sprintf("takes %s at a time", number(l.N, "session"))
	case callout.NoTLS:
		return "is asked without TLS, since its handshake fails"
	}
	return fmt.Sprintf("%s %d", l.Limit, l.N)
}

func number(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (a *API) forgetHost(r *http.Request) (int, any, error) {
	name := strings.ToLower(r.PathValue("host"))
	if ip, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		name = ip.String()
	}
	found := a.pools.Forget(name)
	if len(found) == 0 {
		return 0, nil, &refusal{http.StatusNotFound, fmt.Sprintf(
			"no host goes by the name %.100q; `callout status --all` shows those of which something is known", r.PathValue("host"))}
	}
	a.log.Info("what was learned of a destination is forgotten", "destination", name, "hosts", found)
	return http.StatusOK, Forgotten{found}, nil
}
