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
// It ends within 15 s of the right of who asks, with ErrEnded or what refuses them then.
func (k *Desk) Examine(ctx context.Context, who *access.Actor, domain, good string, catchAll bool, trace func(callout.Line)) (*doctor.Report, error) {
	d, err := k.writable(ctx, who, examineDomain, domain)
	if err != nil {
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
	ctx, over := k.while(ctx, who, func(ctx context.Context, now *access.Actor) error {
		_, err := k.writable(ctx, now, examineDomain, domain)
		return err
	})
	o := k.doctor
	o.Trace = trace
	report, err := k.ward.Examine(ctx, c, o)
	if ended := over(); ended != nil {
		return nil, ended
	}
	return report, err
}
