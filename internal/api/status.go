package api

import (
	"net/http"

	"callout/internal/history"
	"callout/internal/operate"
)

type alertList struct {
	Past bool `query:"past" doc:"true: those that are over too, by pages"`
	Paging
}

type spanPath struct {
	Span string `path:"span" enum:"hour,day,month" doc:"hour: 60 points of a minute; day: 288 of 5 minutes; month: 360 of 2 hours"`
}

type hostPath struct {
	Host string `path:"host" doc:"Its name, or its IP address, with or without the port" example:"mx.example.com"`
}

func (a *API) statusOperations() {
	const tag = "Status"
	register(a, operation{
		method: http.MethodGet, path: "/status", id: "show-status", tag: tag, summary: "Show how everything stands: hosts, domains and alerts",
		errors: []int{500},
	}, func(c *call, _ *struct{}, _ *none) (operate.Status, error) {
		return c.api.desk.Status(c.Context(), c.who)
	})
	register(a, operation{
		method: http.MethodDelete, path: "/status/hosts/{host}", id: "forget-host", tag: tag,
		summary: "Forget what was learned of a host, and leave it alone no longer", errors: []int{404},
	}, func(c *call, in *hostPath, _ *none) (operate.Forgotten, error) {
		return c.api.desk.ForgetHost(c.Context(), c.who, in.Host)
	})
	register(a, operation{
		method: http.MethodGet, path: "/alerts", id: "list-alerts", tag: tag, summary: "List what somebody should look at",
		errors: []int{500},
	}, listAlerts)
	register(a, operation{
		method: http.MethodGet, path: "/rates", id: "show-rates", tag: tag, summary: "Show how much is going on, over the last minute",
	}, func(c *call, _ *struct{}, _ *none) (history.Rates, error) {
		return c.api.desk.Rates(c.Context(), c.who)
	})
	register(a, operation{
		method: http.MethodGet, path: "/charts/{span}", id: "show-chart", tag: tag, summary: "Show what went on in the last hour, day or month",
		errors: []int{500},
	}, func(c *call, in *spanPath, _ *none) (history.Chart, error) {
		return c.api.desk.Chart(c.Context(), c.who, in.Span)
	})
}

func listAlerts(c *call, in *alertList, _ *none) (page operate.AlertPage, err error) {
	if in.Cursor != "" && !in.Past {
		return page, newProblem(http.StatusBadRequest, "the cursor is one of alerts that are over: send past=true with it").about("cursor")
	}
	page.Alerts = c.api.desk.Alerts(c.who)
	if in.Past {
		page.Past, page.Next, err = c.api.desk.PastAlerts(c.Context(), c.who, in.Cursor, in.Limit)
	}
	return page, err
}
