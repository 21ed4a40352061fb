package verify

import (
	"strings"

	"callout/internal/address"
	"callout/internal/domains"
)

// enforce has a decision that would stop a message accepted where nothing is enforced: the domain's settings say so,
// or a pause does. What would have been done stays in the decision, for the log and those who watch. d is nil where
// the domain is not served.
func (v *Verifier) enforce(d *domains.Domain, dec *Decision) {
	if dec.Action != Reject && dec.Action != Defer || v.enforced(d) {
		return
	}
	dec.Would, dec.Action = dec.Action, Accept
	v.metrics.notEnforced[dec.Would].Inc()
}

// enforced reports whether decisions for a domain are enforced now.
func (v *Verifier) enforced(d *domains.Domain) bool {
	if d != nil && !d.Settings.Enforce || d == nil && v.watching.Load() {
		return false
	}
	p := v.paused.Load()
	return p == nil || p.of(d, v.now()) == nil
}

// EnforceUnserved says whether decisions for domains that are not served, on addresses that are none, are enforced;
// they are until it is called.
func (v *Verifier) EnforceUnserved(enforce bool) { v.watching.Store(!enforce) }

// intended returns the domain that an address which is none was meant for, nil where that can't be seen.
func (v *Verifier) intended(text string) *domains.Domain {
	name, err := address.ParseDomain(text[strings.LastIndexByte(text, '@')+1:])
	if err != nil {
		return nil
	}
	return v.domains.Lookup(name)
}
