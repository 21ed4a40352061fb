package operate

import (
	"context"
	"time"

	"callout/internal/access"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// Verdict is what is known of a recipient.
type Verdict struct {
	Recipient   string    `json:"recipient"`
	Status      string    `json:"status" enum:"valid,invalid,unknown" doc:"unknown where nothing is known"`
	Local       string    `json:"local,omitempty" doc:"Why no destination has to be asked: listed, not_listed, list_empty or off"`
	CatchAll    bool      `json:"catch_all,omitempty" doc:"Valid because its domain accepts every recipient"`
	Provisional bool      `json:"provisional,omitempty" doc:"A host of lower priority said so"`
	Stale       bool      `json:"stale,omitempty" doc:"Expired, and still better than what was said since"`
	Code        int       `json:"code,omitempty" doc:"Reply code of the destination"`
	Enhanced    string    `json:"enhanced,omitempty" doc:"Its enhanced status code (RFC 3463)"`
	Text        string    `json:"text,omitempty" doc:"Its own words"`
	Host        string    `json:"host,omitempty" doc:"host:port that said so"`
	Asked       time.Time `json:"asked,omitzero" doc:"When it said so"`
	Expires     time.Time `json:"expires,omitzero" doc:"From then on it is asked again"`
}

// VerdictPage is one page of a listing.
type VerdictPage struct {
	Verdicts []Verdict `json:"verdicts"`
	Previous string    `json:"previous,omitempty" doc:"Cursor of the page before, absent on the first"`
	Next     string    `json:"next,omitempty" doc:"Cursor of the next page, absent on the last. A page may be short, even empty, and have one: a search looks at so many verdicts at a time"`
}

// VerdictQuery selects stored verdicts of a domain.
type VerdictQuery struct {
	Status string // "valid", "invalid", "" for both
	Prefix string // only local-parts that begin with it, ASCII case ignored
	Text   string // only local-parts that contain it, likewise
	Cursor string
	Limit  int // 1 to MaxLimit; 0: DefaultLimit
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
		Recipient: recipient, Status: v.Status.String(), CatchAll: v.CatchAll, Provisional: v.Provisional, Stale: v.Stale,
		Code: v.Reply.Code, Enhanced: v.Reply.Enhanced.String(), Text: v.Reply.Text, Host: v.Host, Asked: v.Asked, Expires: v.Expires,
	}
}

// Verdicts returns a page of what is stored of the recipients of a domain and then of its aliases.
func (k *Desk) Verdicts(ctx context.Context, who *access.Actor, domain string, q VerdictQuery) (VerdictPage, error) {
	d, err := k.domain(ctx, who, see, domain)
	if err != nil {
		return VerdictPage{}, err
	}
	if err := choose("status", q.Status, "valid", "invalid"); err != nil {
		return VerdictPage{}, err
	}
	limit, err := rows(q.Limit, DefaultLimit, MaxLimit)
	if err != nil {
		return VerdictPage{}, err
	}
	list := "verdicts of " + d.Name
	cursor, err := sourceOf(list, q.Cursor)
	if err != nil {
		return VerdictPage{}, err
	}
	status := map[string]store.Status{"valid": store.Valid, "invalid": store.Invalid}[q.Status]
	found, err := k.verifier.List(ctx, d, store.Query{Status: status, Prefix: q.Prefix, Text: q.Text, Cursor: cursor, Limit: limit})
	if err != nil {
		return VerdictPage{}, err
	}
	page := VerdictPage{Verdicts: make([]Verdict, 0, len(found.Verdicts)), Previous: named(list, found.Previous), Next: named(list, found.Next)}
	for _, row := range found.Verdicts {
		page.Verdicts = append(page.Verdicts, storedVerdict(row, d))
	}
	return page, nil
}

// Verdict returns what is known of a recipient. No destination is asked.
func (k *Desk) Verdict(ctx context.Context, who *access.Actor, recipient string) (Verdict, error) {
	rcpt, d, err := k.recipient(ctx, who, see, recipient)
	if err != nil {
		return Verdict{}, err
	}
	known, _, err := k.verifier.Peek(ctx, rcpt)
	if err != nil {
		return Verdict{}, err
	}
	v := knownVerdict(rcpt.String(), known)
	v.Local = verify.LocalReason(d, rcpt)
	return v, nil
}
