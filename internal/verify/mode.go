package verify

import (
	"errors"

	"callout/internal/address"
	"callout/internal/domains"
)

// errListEmpty is the problem of a domain that has lost its list, or never had one: refusing all mail would be worse
// than making it wait.
var errListEmpty = errors.New("the mode is list and there are no local recipients; add some, or choose another mode")

// answerLocally answers what the mode of a domain leaves to no destination; ok is false where the destination is to
// be asked.
//
//	callout       is asked, whatever is listed
//	list          what is listed is accepted, the rest refused; an empty list defers
//	list+callout  what is listed is accepted, the rest is asked
//	off           no opinion
func answerLocally(d *domains.Domain, r address.Recipient) (dec Decision, ok bool) {
	var verdict Verdict
	var reason string
	switch {
	case d.Mode == domains.ModeCallout:
		return Decision{}, false
	case d.Mode == domains.ModeOff:
		return Decision{Action: NoOpinion, Reason: ReasonOff}, true
	case d.Recipients.Has(r.Local()):
		verdict.Status, reason = Valid, ReasonListed
	case d.Mode == domains.ModeListCallout:
		return Decision{}, false
	case d.Recipients.Len() == 0:
		verdict.Problem, reason = errListEmpty, ReasonListEmpty
	default:
		verdict.Status, reason = Invalid, ReasonNotListed
	}
	dec = decide(d, verdict, FromNowhere)
	dec.Reason = reason
	return dec, true
}
