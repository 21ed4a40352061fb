package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"callout/internal/address"
	"callout/internal/api"
	"callout/internal/operate"
	"callout/internal/verify"
)

// askServer has a server ask about an address, and shows the dialogue as it tells it.
func (a *app) askServer(ctx context.Context, c *client, r address.Recipient, asJSON bool) (checkResult, error) {
	var told operate.Answer
	t := newToldTranscript(a, asJSON, r)
	err := c.follow(ctx, "verify", api.VerifyRequest{Recipient: r.String(), Fresh: true}, t.line, "answer", &told)
	if ctx.Err() != nil {
		return checkResult{}, errors.New("interrupted")
	}
	if err != nil {
		return checkResult{}, err
	}
	var d operate.Domain
	if err := c.do(ctx, http.MethodGet, domainPath(r.Domain()), nil, &d); err != nil {
		return checkResult{}, err
	}
	var kept operate.Verdict
	if err := c.do(ctx, http.MethodGet, verdictPath(r.String()), nil, &kept); err != nil {
		return checkResult{}, err
	}
	if t.begun() && !asJSON {
		fmt.Fprintln(a.out)
	}
	result := toldResult(&told, &d, &kept)
	result.Dialogue = t.lines()
	return result, nil
}

// toldResult puts what a server found in the words of a check, with how its domain stands and what it keeps of the recipient.
func toldResult(told *operate.Answer, d *operate.Domain, kept *operate.Verdict) checkResult {
	r := checkResult{Recipient: told.Recipient, Verdict: told.Verdict, Mode: d.Mode, Host: told.Host, Reply: told.Reply,
		TookSeconds: told.TookMS / 1000, Why: told.Why}
	if localWords[told.Reason] != "" {
		r.Local = told.Reason
		return r
	}
	r.toldWhy(told)
	if c := d.CatchAll; c != nil {
		r.CatchAll, r.catchAllWhy = &c.Accepts, catchAllWords(c.Accepts, c.Reply)
		if c.Provisional {
			r.catchAllWhy += byBackup
		}
		took := time.Duration(told.TookMS * float64(time.Millisecond))
		if age := told.At.Sub(c.Asked); age > took+time.Second { // it was not asked this time
			r.catchAllWhy += ", " + age.Round(time.Second).String() + " ago"
		}
	}
	switch {
	case r.Verdict == "unknown":
		r.KeptSeconds = int(verify.KeepUnknown.Seconds())
	case kept.Status == r.Verdict:
		r.KeptSeconds = max(int(kept.Expires.Sub(told.At).Round(time.Second).Seconds()), 0)
	}
	return r
}

// toldWhy words what the server found as if it had been found here, where that is possible.
func (r *checkResult) toldWhy(told *operate.Answer) {
	switch {
	case r.Verdict == "unknown" && told.Problem != "":
		r.Why = told.Problem
	case told.Reason == verify.ReasonCatchAll:
		r.Why = acceptsAll
	case told.Reason == verify.ReasonRecipient && r.Verdict == "valid":
		r.Why = acceptedBy(r.Host, r.Reply)
	case told.Reason == verify.ReasonRecipient && r.Verdict == "invalid":
		r.Why = refusedBy(r.Host, r.Reply)
	default:
		return
	}
	if told.Provisional {
		r.Provisional = true
		r.Why += forAWhile
	}
}
