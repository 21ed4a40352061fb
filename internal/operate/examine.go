package operate

import (
	"context"

	"callout/internal/access"
	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/doctor"
)

// Examine examines the destination of a domain as an expert would. good is an address of it that is known to exist, "" for
// none; catchAll says that it is meant to accept everything. trace is called with the dialogue as it happens; it may be nil.
func (k *Desk) Examine(ctx context.Context, who *access.Actor, domain, good string, catchAll bool, trace func(callout.Line)) (*doctor.Report, error) {
	d, err := k.domain(ctx, who, examineDomain, domain)
	if err != nil {
		return nil, err
	}
	if err := k.writes(ctx, who, examineDomain, d.Name); err != nil {
		return nil, err
	}
	c := doctor.CaseOf(d)
	c.CatchAll = catchAll
	if good != "" {
		rcpt, err := address.Parse(good)
		if err != nil {
			return nil, &Error{Malformed, failure(Malformed, "%.300q: %v; write local-part@%s", good, err, d.Name).Error(), "good"}
		}
		if rcpt.Domain() != d.Name {
			return nil, &Error{Unusable, failure(Unusable, "%s is no address of %s; name one that exists there", rcpt, d.Name).Error(), "good"}
		}
		c.Good = rcpt
	}
	if len(c.Destination) == 0 {
		return nil, failure(Conflict, "domain %s has no destination to examine", d.Name)
	}
	ctx, cancel := k.long(ctx)
	defer cancel()
	o := k.doctor
	o.Trace = trace
	return k.ward.Examine(ctx, c, o)
}
