package api

import (
	"encoding/json"
	"time"

	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// Domain is a domain as the API shows it.
type Domain struct {
	Name         string          `json:"name"`
	Origin       string          `json:"origin"` // "file": read-only here; "store"
	Destinations [][]string      `json:"destinations"`
	OnUnknown    string          `json:"on_unknown"`
	CatchAll     *CatchAll       `json:"catch_all,omitempty"` // absent while nothing is known
	Spec         json.RawMessage `json:"spec,omitempty"`      // of a domain of the store: what PUT takes
}

// CatchAll is what the last probe of a domain said.
type CatchAll struct {
	Accepts bool      `json:"accepts"` // every recipient
	Reply   string    `json:"reply"`
	Host    string    `json:"host"`
	Asked   time.Time `json:"asked"`
}

// Verdict is what is known of a recipient.
type Verdict struct {
	Recipient string    `json:"recipient"`
	Status    string    `json:"status"` // "valid", "invalid"; "unknown" where nothing is known
	CatchAll  bool      `json:"catch_all,omitempty"`
	Code      int       `json:"code,omitempty"`
	Enhanced  string    `json:"enhanced,omitempty"`
	Text      string    `json:"text,omitempty"`
	Host      string    `json:"host,omitempty"`
	Asked     time.Time `json:"asked,omitzero"`
	Expires   time.Time `json:"expires,omitzero"`
}

// VerdictPage is one page of a listing.
type VerdictPage struct {
	Verdicts []Verdict `json:"verdicts"`
	Next     string    `json:"next,omitempty"` // cursor of the next page, absent after the last
}

// Cleared says what a clear took.
type Cleared struct {
	Cleared string `json:"cleared"`          // the recipient, the domain, or "everything"
	Stored  *int   `json:"stored,omitempty"` // of a recipient: how many verdicts were stored
}

// Removed says which domain is no longer served.
type Removed struct {
	Removed string `json:"removed"`
}

// Problem is a problem detail (RFC 9457).
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// Error returns the detail: one line.
func (p *Problem) Error() string { return p.Detail }

func onUnknown(s *domains.Settings) string {
	if s.AcceptUnknown {
		return "accept"
	}
	return "defer"
}

func destinations(d *domains.Domain) [][]string {
	all := make([][]string, len(d.Destination))
	for i, group := range d.Destination {
		for _, h := range group {
			all[i] = append(all[i], h.String())
		}
	}
	return all
}

func storedVerdict(v store.Verdict, d *domains.Domain) Verdict {
	ttl := d.Settings.Cache.ValidTTL
	if v.Status == store.Invalid {
		ttl = d.Settings.Cache.InvalidTTL
	}
	return Verdict{
		Recipient: v.Local + "@" + v.Domain, Status: v.Status.String(), Code: v.Code, Enhanced: v.Enhanced, Text: v.Text,
		Host: v.Host, Asked: v.Asked, Expires: v.Asked.Add(ttl),
	}
}

func knownVerdict(recipient string, v verify.Verdict) Verdict {
	return Verdict{
		Recipient: recipient, Status: v.Status.String(), CatchAll: v.CatchAll, Code: v.Reply.Code, Enhanced: v.Reply.Enhanced.String(),
		Text: v.Reply.Text, Host: v.Host, Asked: v.Asked, Expires: v.Expires,
	}
}
