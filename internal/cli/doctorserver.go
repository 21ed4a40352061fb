package cli

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"callout/internal/api"
	"callout/internal/callout"
	"callout/internal/doctor"
)

// examineThere has a server examine a domain of its own.
func (a *app) examineThere(ctx context.Context, c *client, f *doctorFlags, domain string, said *transcript) (*doctor.Report, error) {
	line := func(l callout.Line) {
		switch {
		case f.verbose:
			said.line(l)
		case isTerminal(a.out) && !f.asJSON && l.Dir == callout.Note && strings.HasPrefix(l.Text, "examining "):
			a.examining(clean(l.Text))
		}
	}
	r := &doctor.Report{}
	err := c.follow(ctx, domainPath(domain)+"/doctor", api.DoctorRequest{Good: f.good, CatchAll: f.catchAll}, line, "report", r)
	if p, ok := errors.AsType[*api.Problem](err); ok && p.Status == http.StatusConflict { // there is no destination
		return nil, &statusError{doctorNotExamined, err}
	}
	if err != nil {
		return nil, &statusError{doctorUsage, err}
	}
	return r, nil
}
