package verify

import (
	"context"
	"fmt"
	"time"

	"callout/internal/domains"
	"callout/internal/store"
)

// DomainState is what the last usable answer to a random address said of a domain.
type DomainState struct {
	Accepts     bool // every recipient: a catch-all
	Turned      bool // into one, though it had rejected something in the 96 h before
	Provisional bool // a host of lower priority said so: it counts for 5 min
	Reply       Reply
	Host        string
	Asked       time.Time
}

// CatchAll returns what is known of a domain; ok is false where nothing counts any more.
func (v *Verifier) CatchAll(d *domains.Domain) (s DomainState, ok bool) {
	st := v.state(d.Name)
	if err := v.load(v.ctx, st); err != nil {
		return s, false
	}
	c := v.domainState(st, v.era(d, st), v.now(), &d.Settings.Cache)
	if c == nil {
		return s, false
	}
	return DomainState{
		Accepts: c.accepts, Turned: c.turned, Provisional: c == st.backup.Load(),
		Reply: c.reply, Host: c.host, Asked: v.wall(c.asked),
	}, true
}

// DomainStatus is how a domain stands, or an alias: each is known by itself.
type DomainStatus struct {
	Domain    string
	State     *DomainState // nil while nothing is known of it as a whole
	Undecided time.Time    // it is not asked about a random address before then; zero where it may be
	Enforce   bool         // what its settings say
	Pause     *store.Pause // the one that it is in, perhaps that of everything; nil for none
	Held      store.Count  // verdicts in the store
}

// DomainStatus returns how one domain stands.
func (v *Verifier) DomainStatus(ctx context.Context, d *domains.Domain) (DomainStatus, error) {
	held, err := v.behind.Count(ctx, d.Name)
	if err != nil {
		return DomainStatus{}, fmt.Errorf("counting verdicts: %w", err)
	}
	return v.status(d, held), nil
}

// Status returns how every domain stands, each followed by its aliases, in the order of their names.
func (v *Verifier) Status(ctx context.Context) ([]DomainStatus, error) {
	counts, err := v.behind.Counts(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting verdicts: %w", err)
	}
	var all []DomainStatus
	for d := range v.served {
		all = append(all, v.status(d, counts[d.Name]))
	}
	return all, nil
}

// served yields every domain, each followed by its aliases.
func (v *Verifier) served(yield func(*domains.Domain) bool) {
	for _, main := range v.domains.All() {
		for _, name := range main.Names() {
			if d := v.domains.Lookup(name); d != nil && !yield(d) {
				return
			}
		}
	}
}

func (v *Verifier) status(d *domains.Domain, held store.Count) DomainStatus {
	s := DomainStatus{Domain: d.Name, Enforce: d.Settings.Enforce, Held: held}
	if state, ok := v.CatchAll(d); ok {
		s.State = &state
	}
	now := v.now()
	if all := v.paused.Load(); all != nil {
		if p := all.of(d, now); p != nil {
			s.Pause = &p.Pause
		}
	}
	st := v.state(d.Name)
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.undecided(v.era(d, st), now) {
		s.Undecided = v.wall(st.noProbe.until)
	}
	return s
}

// Alert is something that somebody should look at.
type Alert struct {
	Kind   string    // one of a fixed set, below
	Domain string    // "" for all of them
	Since  time.Time // zero where that is not known
	Text   string    // one line: what it means and what to do
}

// The kinds of alerts.
const (
	AlertPaused    = "paused"     // nothing is enforced
	AlertTurned    = "turned"     // a domain has become a catch-all
	AlertListEmpty = "list_empty" // mode list and no local recipients
)

// Alerts returns what holds now: the pauses, then the domains in the order of their names.
func (v *Verifier) Alerts() []Alert {
	var all []Alert
	for _, p := range v.Pauses() {
		all = append(all, pauseAlert(p))
	}
	for d := range v.served {
		if d.Mode == domains.ModeList && d.AliasOf == "" && d.Recipients.Len() == 0 {
			all = append(all, Alert{Kind: AlertListEmpty, Domain: d.Name, Text: fmt.Sprintf("%s has mode list and no local recipients, "+
				"so all its mail is deferred; add them with `callout recipients import %s FILE`, or choose another mode", d.Name, d.Name)})
		}
		if s, ok := v.CatchAll(d); ok && s.Accepts && s.Turned && asks(d) {
			all = append(all, turnedAlert(d.Name, s))
		}
	}
	return all
}

// asks reports whether the state of a domain matters to it.
func asks(d *domains.Domain) bool {
	return d.Settings.CatchAllCheck && (d.Mode == domains.ModeCallout || d.Mode == domains.ModeListCallout)
}

func pauseAlert(p store.Pause) Alert {
	what, resume := "nothing is refused or deferred for any domain", "callout resume"
	if p.Domain != "" {
		what, resume = fmt.Sprintf("nothing is refused or deferred for %s", p.Domain), "callout resume --domain "+p.Domain
	}
	until := "until it is ended"
	if !p.Until.IsZero() {
		until = "until " + p.Until.Format(time.RFC3339)
	}
	return Alert{Kind: AlertPaused, Domain: p.Domain, Since: p.Since, Text: fmt.Sprintf("paused %s: %s; `%s` ends that", until, what, resume)}
}

func turnedAlert(name string, s DomainState) Alert {
	return Alert{Kind: AlertTurned, Domain: name, Since: s.Asked, Text: fmt.Sprintf("%s accepts every recipient now and has refused some not "+
		"long ago (asked at %s), so unknown recipients are let through; see whether the destination still knows its recipients, then "+
		"`callout cache clear --domain %s`", name, s.Host, name)}
}
