package operate

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/domains"
)

// Host is how a destination host stands.
type Host struct {
	Address      string       `json:"address" doc:"IP address and port"`
	Names        []string     `json:"names" doc:"Destinations that lead there"`
	Domains      []string     `json:"domains,omitempty" doc:"Of which it is a destination, the first 100"`
	State        string       `json:"state" enum:"unknown,up,trouble,back_off" doc:"unknown: not asked yet; back_off: left alone"`
	Since        time.Time    `json:"since,omitzero" doc:"Of the state"`
	RetryAt      time.Time    `json:"retry_at,omitzero" doc:"back_off: when it may be tried again"`
	Sessions     int          `json:"sessions,omitempty" doc:"At this moment; for admins alone, as the next two: others may share the host"`
	SessionLimit int          `json:"session_limit,omitempty"`
	Queue        int          `json:"queue,omitempty" doc:"Questions that wait"`
	Learned      []Learned    `json:"learned,omitempty"`
	Problem      *HostProblem `json:"problem,omitempty" doc:"The last one, also one that is over"`
}

// Learned is something that a host has shown of itself.
type Learned struct {
	Limit   string    `json:"limit" enum:"several,recipients,rejections,resets,sessions,no_tls"`
	N       int       `json:"n"`
	Text    string    `json:"text" doc:"The same in a sentence"`
	Reply   string    `json:"reply" doc:"What it was learned from"`
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`
}

// HostProblem is why a host did not answer as it should.
type HostProblem struct {
	Kind  string    `json:"kind" doc:"no_connection, timeout, closed and so on"`
	Stage string    `json:"stage" doc:"connect, greeting and so on"`
	Text  string    `json:"text" doc:"One line"`
	At    time.Time `json:"at"`
}

// Forgotten says of which hosts nothing is known any more.
type Forgotten struct {
	Forgotten []string `json:"forgotten" doc:"IP addresses and ports"`
}

// maxHostDomains bounds the domains that a host is shown with.
const maxHostDomains = 100

// hostsByName are the hosts by the destinations that lead there.
type hostsByName map[string][]callout.HostStatus

func (k *Desk) hostsByName() hostsByName { return byName(k.pools.Status()) }

// hostsOf are those of one domain alone.
func (k *Desk) hostsOf(d *domains.Domain) hostsByName {
	return byName(k.pools.StatusOf(hostNames(d.Destination)...))
}

func byName(all []callout.HostStatus) hostsByName {
	hosts := hostsByName{}
	for _, h := range all {
		for _, name := range h.Names {
			hosts[name] = append(hosts[name], h)
		}
	}
	return hosts
}

// known is a host of which something is known, by a name that leads there.
type known struct {
	callout.HostStatus
	name callout.Host
}

// known returns the hosts of a domain's destination of which something is known.
func (h hostsByName) known(d *domains.Domain) []known {
	var all []known
	for _, host := range d.Destination.Hosts() {
		for _, status := range h[host.String()] {
			if !slices.ContainsFunc(all, func(o known) bool { return o.Address == status.Address }) {
				all = append(all, known{status, host})
			}
		}
	}
	return all
}

// of returns the same, as somebody may see them.
func (h hostsByName) of(who *access.Actor, d *domains.Domain) []callout.HostStatus {
	var all []callout.HostStatus
	for _, one := range h.known(d) {
		all = append(all, discreet(who, one.HostStatus, one.name))
	}
	return all
}

// discreet returns what somebody may see of a host that goes by a name of theirs. Others may share it: of its last problem a
// domain user is told the kind and the stage, and not the words, in which a recipient of others or their name for it may be.
func discreet(who *access.Actor, h callout.HostStatus, name callout.Host) callout.HostStatus {
	if p := h.Problem; p != nil && !who.Admin() {
		h.Problem = &callout.Problem{Kind: p.Kind, Stage: p.Stage, Host: name, Delivery: p.Delivery, Again: p.Again}
	}
	return h
}

// Hosts returns how the hosts stand of the destinations that somebody may see, in the order of their addresses.
func (k *Desk) Hosts(who *access.Actor) []Host {
	lead := map[string][]string{} // from a destination's name to the domains
	for _, d := range k.mine(who) {
		for _, h := range d.Destination.Hosts() {
			lead[h.String()] = append(lead[h.String()], d.Name)
		}
	}
	all := []Host{}
	for _, h := range k.pools.Status() {
		if view, ok := hostView(who, h, lead); ok {
			all = append(all, view)
		}
	}
	return all
}

// HostsOf returns those of one domain.
func (k *Desk) HostsOf(ctx context.Context, who *access.Actor, domain string) ([]Host, error) {
	d, err := k.domain(ctx, who, see, domain)
	if err != nil {
		return nil, err
	}
	return k.hostsOf(d).views(who, d), nil
}

// views makes the views of the hosts of one domain.
func (h hostsByName) views(who *access.Actor, d *domains.Domain) []Host {
	lead := map[string][]string{}
	for _, h := range d.Destination.Hosts() {
		lead[h.String()] = []string{d.Name}
	}
	all := []Host{}
	for _, one := range h.known(d) {
		if view, ok := hostView(who, one.HostStatus, lead); ok {
			view.Domains = nil
			all = append(all, view)
		}
	}
	return all
}

// hostView makes the view of a host. Of one that others share, a domain user sees neither their names for it nor replies
// that may hold an address of theirs.
func hostView(who *access.Actor, h callout.HostStatus, lead map[string][]string) (Host, bool) {
	view := Host{
		Address: h.Address, Names: slices.Clone(h.Names), State: string(h.State), Since: h.Since, RetryAt: h.RetryAt,
		Sessions: h.Sessions, SessionLimit: h.Limit, Queue: h.Queue,
	}
	if h.State == callout.StateBackOff && !time.Now().Before(h.RetryAt) { // the next question is a trial
		view.State, view.RetryAt = string(callout.StateTrouble), time.Time{}
	}
	if !who.Admin() {
		view.Sessions, view.SessionLimit, view.Queue = 0, 0, 0 // of which those may be that others ask
		view.Names = slices.DeleteFunc(view.Names, func(name string) bool { return lead[name] == nil })
	}
	if len(view.Names) == 0 {
		view.Names = []string{}
		if !who.Admin() {
			return view, false
		}
	} else if name, err := callout.ParseHost(view.Names[0]); err == nil {
		h = discreet(who, h, name)
	}
	for _, name := range view.Names {
		view.Domains = append(view.Domains, lead[name]...)
	}
	slices.Sort(view.Domains)
	view.Domains = slices.Compact(view.Domains)
	view.Domains = view.Domains[:min(len(view.Domains), maxHostDomains)]
	for _, l := range h.Learned {
		one := Learned{string(l.Limit), l.N, learnedText(l), l.Reply, l.At, l.Expires}
		if !who.Admin() {
			one.Reply = ""
		}
		view.Learned = append(view.Learned, one)
	}
	if p := h.Problem; p != nil {
		view.Problem = &HostProblem{p.Kind.String(), p.Stage.String(), p.Error(), h.At}
	}
	return view, true
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

// ForgetHost drops what was learned of the hosts of a name or address, and no longer leaves them alone.
func (k *Desk) ForgetHost(ctx context.Context, who *access.Actor, host string) (Forgotten, error) {
	if err := k.adminWrites(ctx, who, forgetHost, host); err != nil {
		return Forgotten{}, err
	}
	name := strings.ToLower(host)
	if ip, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		name = ip.String()
	}
	found := k.pools.Forget(name)
	if len(found) == 0 {
		return Forgotten{}, failure(Missing, "no host goes by the name %.100q; `callout status --all` shows those of which something is known", host)
	}
	k.done(ctx, who, forgetHost, name, strings.Join(found, ", "))
	return Forgotten{found}, nil
}
