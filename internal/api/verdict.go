package api

import (
	"fmt"
	"net/http"
	"time"

	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// Verdict is what is known of a recipient.
type Verdict struct {
	Recipient   string    `json:"recipient"`
	Status      string    `json:"status"`          // "valid", "invalid"; "unknown" where nothing is known
	Local       string    `json:"local,omitempty"` // why no destination has to be asked: a reason of verify.LocalReason
	CatchAll    bool      `json:"catch_all,omitempty"`
	Provisional bool      `json:"provisional,omitempty"` // a host of lower priority said so
	Stale       bool      `json:"stale,omitempty"`       // expired, and still better than what was said since
	Code        int       `json:"code,omitempty"`
	Enhanced    string    `json:"enhanced,omitempty"`
	Text        string    `json:"text,omitempty"`
	Host        string    `json:"host,omitempty"`
	Asked       time.Time `json:"asked,omitzero"`
	Expires     time.Time `json:"expires,omitzero"`
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

func (a *API) listVerdicts(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	values := r.URL.Query()
	q := store.Query{Text: values.Get("query"), Cursor: values.Get("cursor")}
	switch values.Get("status") {
	case "":
	case "valid":
		q.Status = store.Valid
	case "invalid":
		q.Status = store.Invalid
	default:
		return 0, nil, &refusal{http.StatusBadRequest, fmt.Sprintf("status %.40q is neither valid nor invalid", values.Get("status"))}
	}
	if q.Limit, err = limit(r, defaultLimit, maxLimit); err != nil {
		return 0, nil, err
	}
	rows, next, err := a.verifier.List(r.Context(), d, q)
	if err != nil {
		return 0, nil, err
	}
	page := VerdictPage{Verdicts: make([]Verdict, 0, len(rows)), Next: next}
	for _, row := range rows {
		page.Verdicts = append(page.Verdicts, storedVerdict(row, d))
	}
	return http.StatusOK, page, nil
}

func (a *API) clearDomain(r *http.Request) (int, any, error) {
	d, err := a.domain(r)
	if err != nil {
		return 0, nil, err
	}
	if err := a.verifier.ClearDomain(r.Context(), d.Name); err != nil {
		return 0, nil, err
	}
	a.log.Info("cache cleared", "domain", d.Name)
	return http.StatusOK, Cleared{Cleared: d.Name}, nil
}

func (a *API) showVerdict(r *http.Request) (int, any, error) {
	rcpt, d, err := a.recipient(r)
	if err != nil {
		return 0, nil, err
	}
	known, _, err := a.verifier.Peek(r.Context(), rcpt)
	if err != nil {
		return 0, nil, err
	}
	v := knownVerdict(rcpt.String(), known)
	v.Local = verify.LocalReason(d, rcpt)
	return http.StatusOK, v, nil
}

func (a *API) clearVerdict(r *http.Request) (int, any, error) {
	rcpt, _, err := a.recipient(r)
	if err != nil {
		return 0, nil, err
	}
	n, err := a.verifier.ClearRecipient(r.Context(), rcpt.Domain(), rcpt.Local())
	if err != nil {
		return 0, nil, err
	}
	a.log.Info("cache cleared", "recipient", rcpt.String())
	return http.StatusOK, Cleared{Cleared: rcpt.String(), Stored: &n}, nil
}

func (a *API) clearAll(r *http.Request) (int, any, error) {
	if err := a.verifier.ClearAll(r.Context()); err != nil {
		return 0, nil, err
	}
	a.log.Info("cache cleared", "everything", true)
	return http.StatusOK, Cleared{Cleared: "everything"}, nil
}
