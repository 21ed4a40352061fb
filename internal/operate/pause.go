package operate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"callout/internal/access"
	"callout/internal/domains"
	"callout/internal/store"
)

// longestPause is the longest that may have an end: who writes more has mistyped it, or means none.
const longestPause = 366 * 24 * time.Hour

// Pause is a time in which nothing is enforced.
type Pause struct {
	Domain string    `json:"domain,omitempty" doc:"Absent: every domain"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until,omitzero" doc:"Absent: until it is ended"`
}

// Resumed says which pause has ended.
type Resumed struct {
	Resumed     string  `json:"resumed" doc:"The domain, or \"everything\""`
	WasPaused   bool    `json:"was_paused"`
	Paused      *Pause  `json:"paused,omitempty" doc:"Of a domain: that of everything, where it goes on"`
	StillPaused []Pause `json:"still_paused,omitempty" doc:"The pauses of domains that go on, where that of everything ended"`
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

// Pauses returns the pauses that hold: that of everything, and those of domains that somebody may see.
func (k *Desk) Pauses(who *access.Actor) []Pause {
	all := []Pause{}
	for _, p := range k.verifier.Pauses() {
		if p.Domain == "" || who.Sees(p.Domain) {
			all = append(all, Pause(p))
		}
	}
	return all
}

// Pause begins a pause of a domain and its aliases, or with "" of everything, for a time like "1h30m", or with "" until
// it is resumed. It takes the place of the pause that was there.
func (k *Desk) Pause(ctx context.Context, who *access.Actor, domain, length string) (Pause, error) {
	name, err := k.pausable(ctx, who, pauseVerb, domain)
	if err != nil {
		return Pause{}, err
	}
	var until time.Time
	if length != "" {
		d, err := time.ParseDuration(length)
		if err != nil || d < time.Second || d > longestPause {
			return Pause{}, &Error{Unusable, fmt.Sprintf(
				"%.40q is no duration from 1s to 8784h; write for example 30m or 48h, or none for a pause without an end", length), "for"}
		}
		until = time.Now().Add(d)
	}
	if err := k.verifier.Pause(ctx, name, until); err != nil {
		return Pause{}, err
	}
	k.done(ctx, who, pauseVerb, everythingOr(name), length)
	k.log.Warn("paused: nothing is enforced", append(about(name), "for", length)...)
	pauses := k.verifier.Pauses()
	i := slices.IndexFunc(pauses, func(p store.Pause) bool { return p.Domain == name })
	if i < 0 { // ended again meanwhile
		return Pause{Domain: name, Since: time.Now(), Until: until}, nil
	}
	return Pause(pauses[i]), nil
}

// pausable returns what is to be paused: the name of a domain, "" for everything.
func (k *Desk) pausable(ctx context.Context, who *access.Actor, verb, domain string) (string, error) {
	if err := k.adminWrites(ctx, who, verb, everythingOr(domain)); err != nil {
		return "", err
	}
	if domain == "" {
		return "", nil
	}
	d, err := k.domain(ctx, who, verb, domain)
	if err != nil {
		return "", err
	}
	return mainName(d), nil
}

// Resume ends the pause of a domain, also of one that is not served any more, or with "" that of everything.
func (k *Desk) Resume(ctx context.Context, who *access.Actor, domain string) (Resumed, error) {
	if err := k.adminWrites(ctx, who, resumeVerb, everythingOr(domain)); err != nil {
		return Resumed{}, err
	}
	if domain == "" {
		return k.resumeAll(ctx, who)
	}
	name, err := domainName(domain)
	if err != nil {
		return Resumed{}, err
	}
	d := k.domains.Lookup(name)
	was, err := k.resume(ctx, who, name)
	switch {
	case err != nil:
		return Resumed{}, err
	case d == nil && !was:
		return Resumed{}, notServed(name)
	case d == nil:
		return Resumed{Resumed: name, WasPaused: true}, nil
	case d.AliasOf != "":
		ofMain, err := k.resume(ctx, who, d.AliasOf)
		if err != nil {
			return Resumed{}, err
		}
		was = was || ofMain
	}
	return Resumed{Resumed: mainName(d), WasPaused: was, Paused: pauseOf(d, k.verifier.Pauses())}, nil
}

func (k *Desk) resumeAll(ctx context.Context, who *access.Actor) (Resumed, error) {
	was, err := k.resume(ctx, who, "")
	if err != nil {
		return Resumed{}, err
	}
	done := Resumed{Resumed: "everything", WasPaused: was}
	for _, p := range k.verifier.Pauses() {
		done.StillPaused = append(done.StillPaused, Pause(p))
	}
	return done, nil
}

func (k *Desk) resume(ctx context.Context, who *access.Actor, name string) (was bool, err error) {
	was, err = k.verifier.Resume(ctx, name)
	if was {
		k.done(ctx, who, resumeVerb, everythingOr(name), "")
		k.log.Info("resumed", about(name)...)
	}
	return was, err
}

func everythingOr(domain string) string {
	if domain == "" {
		return "everything"
	}
	return domain
}

// about is what a pause is about, for the log.
func about(domain string) []any {
	if domain == "" {
		return []any{"everything", true}
	}
	return []any{"domain", domain}
}
