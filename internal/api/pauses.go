package api

import (
	"net/http"

	"callout/internal/operate"
)

// PauseList is the pauses that hold.
type PauseList struct {
	Pauses []operate.Pause `json:"pauses" doc:"That of everything first"`
}

// PauseRequest is what PUT takes.
type PauseRequest struct {
	For string `json:"for,omitempty" doc:"A duration like 1h30m, from 1s to 8784h; absent: until it is ended"`
}

func (a *API) pauseOperations() {
	const tag, example = "Pauses", `{"for": "1h"}, or {} for no end`
	register(a, operation{
		method: http.MethodGet, path: "/pause", id: "list-pauses", tag: tag, summary: "List the pauses that hold",
	}, func(c *call, _ *struct{}, _ *none) (PauseList, error) {
		return PauseList{c.api.desk.Pauses(c.who)}, nil
	})
	register(a, operation{
		method: http.MethodPut, path: "/pause", id: "pause-everything", tag: tag, summary: "Enforce nothing, for a time or until it is ended",
		example: `{"for": "1h"}`, hint: example, optional: true, errors: []int{413, 422, 500},
	}, func(c *call, _ *struct{}, body *PauseRequest) (operate.Pause, error) {
		return c.api.desk.Pause(c.Context(), c.who, "", body.For)
	})
	register(a, operation{
		method: http.MethodDelete, path: "/pause", id: "resume-everything", tag: tag, summary: "End the pause of everything",
		description: "Pauses of domains go on.", errors: []int{500},
	}, func(c *call, _ *struct{}, _ *none) (operate.Resumed, error) {
		return c.api.desk.Resume(c.Context(), c.who, "")
	})
	register(a, operation{
		method: http.MethodPut, path: "/domains/{domain}/pause", id: "pause-domain", tag: tag,
		summary: "Enforce nothing for a domain and its aliases, for a time or until it is ended",
		example: `{"for": "1h"}`, hint: example, optional: true, errors: []int{404, 413, 422, 500},
	}, func(c *call, in *DomainPath, body *PauseRequest) (operate.Pause, error) {
		return c.api.desk.Pause(c.Context(), c.who, in.Domain, body.For)
	})
	register(a, operation{
		method: http.MethodDelete, path: "/domains/{domain}/pause", id: "resume-domain", tag: tag, summary: "End the pause of a domain",
		errors: []int{404, 500},
	}, func(c *call, in *DomainPath, _ *none) (operate.Resumed, error) {
		return c.api.desk.Resume(c.Context(), c.who, in.Domain)
	})
}
