package api

import (
	"context"
	"net/http"

	"callout/internal/doctor"
)

// DoctorRequest is what POST doctor takes.
type DoctorRequest struct {
	Good     string `json:"good,omitempty" doc:"An address of the domain that is known to exist"`
	CatchAll bool   `json:"catch_all,omitempty" doc:"The destination is meant to accept everything"`
}

func (a *API) doctorOperations() {
	register(a, operation{
		method: http.MethodPost, path: "/domains/{domain}/doctor", id: "doctor", tag: "Domains",
		summary: "Examine the destination of a domain as an expert would",
		description: "Takes up to three minutes. With `Accept: text/event-stream` the dialogue is told as it happens. 429: too many are under way, " +
			"or this destination is being examined.",
		example: `{"good": "john@example.com"}`, optional: true,
		events: []string{lineEvent, "report: what is answered as JSON otherwise", problemEvent},
		errors: []int{404, 409, 413, 422, 503},
	}, examine)
}

func examine(c *call, in *DomainPath, body *DoctorRequest) (*doctor.Report, error) {
	if !c.accepts("text/event-stream") {
		return c.api.desk.Examine(c.Context(), c.who, in.Domain, body.Good, body.CatchAll, nil)
	}
	return nil, c.stream(false, func(ctx context.Context, s sink) error {
		report, err := c.api.desk.Examine(ctx, c.who, in.Domain, body.Good, body.CatchAll, s.line)
		if err == nil {
			s.tell(event{name: "report", data: report})
		}
		return err
	})
}
