package verify

import (
	"errors"

	"callout/internal/address"
	"callout/internal/domains"
)

// errListEmpty is the problem of a domain that has lost its list, or never had one: refusing all mail would be worse
// than making it wait.
var errListEmpty = errors.New("the mode is list and there are no local recipients; add some, or choose another mode")

// LocalReason returns why no destination is asked about a recipient, since the mode of its domain decides; "" where
// it is asked.
//
//	callout       is asked, whatever is listed
//	list          what is listed is accepted, the rest refused; an empty list defers
//	list+callout  what is listed is accepted, the rest is asked
//	off           no opinion
func LocalReason(d *domains.Domain, r address.Recipient) string {
	switch {
	case d.Mode == domains.ModeCallout:
		return ""
	case d.Mode == domains.ModeOff:
		return ReasonOff
	case d.Recipients.Has(r.Local()):
		return ReasonListed
	case d.Mode == domains.ModeListCallout:
		return ""
	case d.Recipients.Len() == 0:
		return ReasonListEmpty
	}
	return ReasonNotListed
}

// answerLocally decides on what the mode of a domain leaves to no destination; ok is false where it is to be asked.
func answerLocally(d *domains.Domain, r address.Recipient) (dec Decision, ok bool) {
	var verdict Verdict
	reason := LocalReason(d, r)
	switch reason {
	case "":
		return Decision{}, false
	case ReasonOff:
		return Decision{Action: NoOpinion, Reason: ReasonOff}, true
	case ReasonListed:
		verdict.Status = Valid
	case ReasonListEmpty:
		verdict.Problem = errListEmpty
	default:
		verdict.Status = Invalid
	}
	dec = decide(d, verdict, FromNowhere)
	dec.Reason = reason
	return dec, true
}
