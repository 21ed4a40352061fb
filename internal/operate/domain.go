package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/nexthop"
	"callout/internal/store"
)

// Domain is a domain, or an alias.
type Domain struct {
	Name         string          `json:"name"`
	AliasOf      string          `json:"alias_of,omitempty" doc:"All but name and catch_all is that domain's"`
	Aliases      []string        `json:"aliases,omitempty" doc:"Of the domain, also where this is one"`
	Origin       string          `json:"origin" enum:"file,store" doc:"file: read-only here"`
	Destinations [][]string      `json:"destinations" doc:"Groups of equal priority, the first asked first"`
	DeliverTo    [][]string      `json:"deliver_to,omitempty" doc:"Absent where mail goes to the destinations; for admins"`
	OnUnknown    string          `json:"on_unknown" enum:"defer,accept"`
	Mode         string          `json:"mode" enum:"callout,list,list+callout,off"`
	Enforce      bool            `json:"enforce" doc:"What its settings say"`
	Paused       *Pause          `json:"paused,omitempty" doc:"Absent where nothing is"`
	Recipients   int             `json:"recipients" doc:"How many local ones there are"`
	CatchAll     *CatchAll       `json:"catch_all,omitempty" doc:"Absent while nothing is known"`
	Verdicts     Held            `json:"verdicts"`
	ValidTTL     string          `json:"valid_ttl" doc:"How long a valid verdict is kept, as in settings" example:"96h"`
	InvalidTTL   string          `json:"invalid_ttl" doc:"How long an invalid verdict is kept, as in settings" example:"2h"`
	Standing     []Standing      `json:"standing" doc:"How it stands, what matters most first"`
	Spec         json.RawMessage `json:"spec,omitempty" doc:"Of a domain of the store: what PUT takes; for admins"`

	anybody bool // is a local recipient: * is one
}

// CatchAll is what the last probe of a domain said.
type CatchAll struct {
	Accepts     bool      `json:"accepts" doc:"Every recipient"`
	Turned      bool      `json:"turned,omitempty" doc:"Into a catch-all, though it had refused something not long before"`
	Provisional bool      `json:"provisional,omitempty" doc:"A host of lower priority said so"`
	Reply       string    `json:"reply"`
	Host        string    `json:"host"`
	Asked       time.Time `json:"asked"`
}

// Held is how many verdicts are stored.
type Held struct {
	Valid   int `json:"valid"`
	Invalid int `json:"invalid"`
}

// All returns how many there are of both.
func (h Held) All() int { return h.Valid + h.Invalid }

// Removed says which domain is no longer served.
type Removed struct {
	Removed string `json:"removed"`
}

// Domain returns a domain, or an alias.
func (k *Desk) Domain(ctx context.Context, who *access.Actor, name string) (Domain, error) {
	d, err := k.domain(ctx, who, see, name)
	if err != nil {
		return Domain{}, err
	}
	return k.viewOne(ctx, who, d)
}

// DomainWithHosts returns a domain and its hosts, as Domain and HostsOf do.
func (k *Desk) DomainWithHosts(ctx context.Context, who *access.Actor, name string) (Domain, []Host, error) {
	d, err := k.domain(ctx, who, see, name)
	if err != nil {
		return Domain{}, nil, err
	}
	hosts := k.hostsOf(d)
	view, err := k.viewWith(ctx, who, d, hosts)
	return view, hosts.views(who, d), err
}

// PutDomain adds or replaces a domain of the store. spec is a JSON object with the keys of a [[domain]] but name. A destination
// or next hop that is Callout itself is refused, as `config check` does.
func (k *Desk) PutDomain(ctx context.Context, who *access.Actor, name string, spec []byte) (view Domain, created bool, err error) {
	return k.setDomain(ctx, who, name, spec, k.domains.Put)
}

// AddDomain adds a domain to the store, likewise. The error wraps domains.ErrThere where the name is that of a domain or an alias
// already, which stays as it is.
func (k *Desk) AddDomain(ctx context.Context, who *access.Actor, name string, spec []byte) (Domain, error) {
	view, _, err := k.setDomain(ctx, who, name, spec, func(ctx context.Context, name string, spec []byte) (bool, error) {
		return true, k.domains.Add(ctx, name, spec)
	})
	return view, err
}

// setDomain makes a change of a domain, and says so in the audit log.
func (k *Desk) setDomain(ctx context.Context, who *access.Actor, name string, spec []byte,
	set func(ctx context.Context, name string, spec []byte) (created bool, err error)) (view Domain, created bool, err error) {
	if name, err = domainName(name); err != nil {
		return view, false, err
	}
	if err := k.adminWrites(ctx, who, setDomain, name); err != nil {
		return view, false, err
	}
	if err := k.noLoop(name, spec); err != nil {
		return view, false, err
	}
	before := k.aliases(name)
	if created, err = set(ctx, name, spec); err != nil {
		return view, false, err
	}
	k.done(ctx, who, setDomain, name, compact(spec))
	k.forgetUnserved(before)
	d := k.domains.Lookup(name)
	if d == nil { // removed again meanwhile
		return view, false, notServed(name)
	}
	view, err = k.viewOne(ctx, who, d)
	return view, created, err
}

// compact returns settings as the audit log has them: on one line, and no longer than one can bear.
func compact(spec []byte) string {
	const most = 2000
	var any json.RawMessage
	if json.Unmarshal(spec, &any) == nil {
		if b, err := json.Marshal(any); err == nil {
			spec = b
		}
	}
	return strings.ToValidUTF8(string(spec[:min(len(spec), most)]), "")
}

// DeleteDomain removes a domain of the store with all that is known of it.
func (k *Desk) DeleteDomain(ctx context.Context, who *access.Actor, name string) (Removed, error) {
	name, err := domainName(name)
	if err != nil {
		return Removed{}, err
	}
	if err := k.adminWrites(ctx, who, removeDomain, name); err != nil {
		return Removed{}, err
	}
	aliases := k.aliases(name)
	generation, err := k.domains.Delete(ctx, name)
	if err != nil {
		return Removed{}, err
	}
	k.verifier.Cleared(name, generation)
	k.done(ctx, who, removeDomain, name, "")
	err = k.clearUnserved(context.WithoutCancel(ctx), aliases)
	k.forgetUnserved(append(aliases, name))
	if err != nil {
		return Removed{}, fmt.Errorf("domain %s is removed, but not what is known of its aliases: %w", name, err)
	}
	return Removed{Removed: name}, nil
}

// aliases returns the aliases of a domain, none for an alias.
func (k *Desk) aliases(name string) []string {
	d := k.domains.Lookup(name)
	if d == nil || d.AliasOf != "" {
		return nil
	}
	return slices.Clone(d.Aliases)
}

// clearUnserved forgets durably what is known of names that are no longer served: deleting a domain does so for its
// own name only.
func (k *Desk) clearUnserved(ctx context.Context, names []string) error {
	var all []error
	for _, name := range names {
		if k.domains.Lookup(name) == nil {
			all = append(all, k.verifier.ClearDomain(ctx, name))
		}
	}
	return errors.Join(all...)
}

// forgetUnserved lets go of what memory holds for names that are no longer served.
func (k *Desk) forgetUnserved(names []string) {
	gone := slices.DeleteFunc(names, func(name string) bool { return k.domains.Lookup(name) != nil })
	k.verifier.Forget(gone)
}

// sight is what the views of domains are made from, besides the domains.
type sight struct {
	who    *access.Actor
	pauses []store.Pause
	hosts  hostsByName
	held   map[string]store.Count        // by names
	hops   map[nexthop.ID]nexthop.Status // those that mail is put off for
}

// hopOf returns how the next hop of a domain stands, where mail is put off for it.
func (s *sight) hopOf(d *domains.Domain) nexthop.State {
	if len(s.hops) == 0 {
		return ""
	}
	r := routeOf(d)
	return s.hops[r.ID()].State
}

// heldBy returns how many verdicts are stored for a domain and its aliases, of an alias for that alone.
func (s *sight) heldBy(d *domains.Domain) (sum Held) {
	names := d.Names()
	if d.AliasOf != "" {
		names = []string{d.Name}
	}
	for _, name := range names {
		sum.Valid += s.held[name].Valid
		sum.Invalid += s.held[name].Invalid
	}
	return sum
}

// look takes in what views of many domains are made from.
func (k *Desk) look(ctx context.Context, who *access.Actor) (*sight, error) {
	held, err := k.verifier.HeldByName(ctx)
	return &sight{who, k.verifier.Pauses(), k.hostsByName(), held, k.hops.Troubled()}, err
}

// viewOne makes the view of one domain.
func (k *Desk) viewOne(ctx context.Context, who *access.Actor, d *domains.Domain) (Domain, error) {
	return k.viewWith(ctx, who, d, k.hostsOf(d))
}

func (k *Desk) viewWith(ctx context.Context, who *access.Actor, d *domains.Domain, hosts hostsByName) (Domain, error) {
	held, err := k.verifier.Held(ctx, d)
	if err != nil {
		return Domain{}, err
	}
	return k.view(d, &sight{who: who, pauses: k.verifier.Pauses(), hosts: hosts, hops: k.hops.Troubled()}, Held(held)), nil
}

func (k *Desk) view(d *domains.Domain, s *sight, held Held) Domain {
	view := Domain{
		Name: d.Name, AliasOf: d.AliasOf, Aliases: d.Aliases, Origin: d.Origin.String(), Destinations: names(d.Destination),
		OnUnknown: onUnknown(&d.Settings), Mode: d.Mode.String(), Enforce: d.Settings.Enforce, Paused: pauseOf(d, s.pauses),
		Recipients: d.Recipients.Len(), Verdicts: held,
		anybody:  d.Recipients.Has(""), // nothing but * stands for that
		ValidTTL: setting(d.Settings.Cache.ValidTTL), InvalidTTL: setting(d.Settings.Cache.InvalidTTL),
	}
	if s.who.Admin() { // how mail is handled here is their business
		view.DeliverTo = names(d.DeliverTo)
		if d.Origin == domains.FromStore {
			view.Spec, _ = k.domains.Spec(d.Name)
		}
	}
	if c, ok := k.verifier.CatchAll(d); ok {
		view.CatchAll = &CatchAll{
			Accepts: c.Accepts, Turned: c.Turned, Provisional: c.Provisional, Reply: c.Reply.String(), Host: c.Host, Asked: c.Asked.Truncate(time.Millisecond),
		}
	}
	view.Standing = standings(&view, s.hosts.of(s.who, d), s.hopOf(d))
	return view
}

func onUnknown(s *domains.Settings) string {
	if s.AcceptUnknown {
		return "accept"
	}
	return "defer"
}

// setting writes a duration as one would in settings: 96h, 1h30m, 90s.
func setting(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// names returns hosts as they are written, by their priority.
func names(d callout.Destination) [][]string {
	all := make([][]string, len(d))
	for i, group := range d {
		for _, h := range group {
			all[i] = append(all[i], h.String())
		}
	}
	return all
}
