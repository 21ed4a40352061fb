package operate

import (
	"fmt"
	"strings"
	"time"

	"callout/internal/decisions"
	"callout/internal/verify"
)

// Why says why a decision was made, in a sentence.
func Why(e *decisions.Entry) string {
	text := because(e)
	if e.Would != "" {
		text = fmt.Sprintf("Would be %s, and is accepted because it is paused or not enforced: %s", past[e.Would], lower(text))
	}
	return text
}

var past = map[string]string{"accept": "accepted", "reject": "refused", "defer": "deferred"}

// lower begins a sentence as the part of another that it becomes. A host's name or address stays as it is.
func lower(s string) string {
	if s != "" && 'A' <= s[0] && s[0] <= 'Z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

func because(e *decisions.Entry) string {
	switch e.Reason {
	case verify.ReasonNotServed:
		return "The domain is not one of those served here."
	case verify.ReasonOff:
		return "The mode of the domain is off: its recipients are not verified."
	case verify.ReasonListed:
		return "It is a local recipient of the domain."
	case verify.ReasonNotListed:
		return "It is not among the local recipients, and the domain has no others."
	case verify.ReasonListEmpty:
		return "The mode of the domain is list, and its list is empty."
	case verify.ReasonSyntax:
		return "It is no recipient anywhere: " + e.Problem + "."
	case verify.ReasonSlow:
		return "The destination takes longer to answer than a client is kept waiting; the callout goes on, and its answer is kept."
	case verify.ReasonGivenUp:
		return "Who asked did not wait for the answer."
	case verify.ReasonCatchAll:
		return fmt.Sprintf("The domain accepts every recipient: %s took a random address with %q (%s).", e.Host, e.Reply, from(e))
	case verify.ReasonStale:
		return fmt.Sprintf("The destination can't say now%s, and it existed when last asked: %s answered %q%s.", colon(e.Problem), e.Host, e.Reply, ago(e))
	case verify.ReasonRecipient:
		return fmt.Sprintf("%s answered %q (%s).", e.Host, e.Reply, from(e))
	}
	if e.Problem != "" && e.Source == verify.FromNowhere.String() {
		return fmt.Sprintf("The destination was not asked whether it exists: %s.", e.Problem)
	}
	if e.Problem != "" {
		return fmt.Sprintf("The destination did not say whether it exists: %s (%s).", e.Problem, from(e))
	}
	return e.Reason + "."
}

// from says whether a verdict was known or asked for.
func from(e *decisions.Entry) string {
	switch {
	case e.Source != "cache":
		return "just asked"
	case e.AgeSeconds == nil:
		return "from the cache"
	}
	return fmt.Sprintf("from the cache, asked %s ago", spell(time.Duration(*e.AgeSeconds)*time.Second))
}

// ago is from for what was said before, also where somebody has just been asked in vain.
func ago(e *decisions.Entry) string {
	if e.Source != verify.FromCache.String() {
		return ""
	}
	return " (" + from(e) + ")"
}

func colon(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// spell returns a duration as people say it, in one unit.
func spell(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
