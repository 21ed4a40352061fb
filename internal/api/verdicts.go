package api

import (
	"net/http"

	"callout/internal/operate"
)

type addressPath struct {
	Address string `path:"address" doc:"local-part@domain" example:"john@example.com"`
}

type verdictList struct {
	DomainPath
	Status string `query:"status" enum:"valid,invalid" doc:"Only those"`
	Prefix string `query:"prefix" doc:"Only local-parts that begin with this, ASCII case ignored. Quick, however many there are"`
	Query  string `query:"query" doc:"Only local-parts that contain this, likewise"`
	Paging
}

type domainClear struct {
	DomainPath
	Status string `query:"status" enum:"invalid" doc:"invalid: only recipients that do not exist, and whether the domain accepts everything"`
}

func (a *API) verdictOperations() {
	register(a, operation{
		method: http.MethodGet, path: "/domains/{domain}/verdicts", id: "list-verdicts", tag: "Verdicts",
		summary: "List what is stored of the recipients of a domain and its aliases", errors: []int{404, 500},
	}, func(c *call, in *verdictList, _ *none) (operate.VerdictPage, error) {
		return c.api.desk.Verdicts(c.Context(), c.who, in.Domain, operate.VerdictQuery{
			Status: in.Status, Prefix: in.Prefix, Text: in.Query, Cursor: in.Cursor, Limit: in.Limit})
	})
	register(a, operation{
		method: http.MethodDelete, path: "/domains/{domain}/verdicts", id: "clear-domain", tag: "Verdicts",
		summary: "Forget what is known of a domain and its aliases", errors: []int{404, 500},
	}, func(c *call, in *domainClear, _ *none) (operate.Cleared, error) {
		return c.api.desk.ClearDomain(c.Context(), c.who, in.Domain, in.Status)
	})
	register(a, operation{
		method: http.MethodDelete, path: "/verdicts", id: "clear-everything", tag: "Verdicts",
		summary: "Forget everything that is known of every domain", errors: []int{500},
	}, func(c *call, _ *struct{}, _ *none) (operate.Cleared, error) {
		return c.api.desk.ClearAll(c.Context(), c.who)
	})
	register(a, operation{
		method: http.MethodGet, path: "/verdicts/{address}", id: "show-verdict", tag: "Verdicts",
		summary: "Show what is known of a recipient", description: "No destination is asked.", errors: []int{404, 500},
	}, func(c *call, in *addressPath, _ *none) (operate.Verdict, error) {
		return c.api.desk.Verdict(c.Context(), c.who, in.Address)
	})
	register(a, operation{
		method: http.MethodDelete, path: "/verdicts/{address}", id: "clear-recipient", tag: "Verdicts",
		summary: "Forget a recipient, in every spelling", errors: []int{404, 500},
	}, func(c *call, in *addressPath, _ *none) (operate.Cleared, error) {
		return c.api.desk.ClearRecipient(c.Context(), c.who, in.Address)
	})
}
