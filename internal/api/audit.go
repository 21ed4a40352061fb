package api

import (
	"net/http"

	"callout/internal/access"
)

type auditList struct {
	Query   string `query:"query" doc:"Only events with this in who, action, target or from"`
	Refused string `query:"refused" enum:"true,false" doc:"true: only what was refused; false: only what was done"`
	Paging
}

// EventPage is one page of the audit log, the last event first.
type EventPage struct {
	Events []access.Event `json:"events"`
	Next   string         `json:"next,omitempty" doc:"Cursor of the next page, of older ones; absent on the last"`
}

func (a *API) auditOperations() {
	register(a, operation{
		method: http.MethodGet, path: "/audit", id: "list-audit", tag: "Access", summary: "List who changed what, when and from where, and what was refused",
		errors: []int{500},
	}, listEvents)
}

func listEvents(c *call, in *auditList, _ *none) (EventPage, error) {
	q := access.EventQuery{Text: in.Query, Cursor: in.Cursor, Limit: in.Limit}
	if in.Refused != "" {
		refused := in.Refused == "true"
		q.Refused = &refused
	}
	page, next, err := c.api.desk.Events(c.Context(), c.who, q)
	if page == nil {
		page = []access.Event{}
	}
	return EventPage{page, next}, err
}
