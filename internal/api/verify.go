package api

import (
	"context"
	"net/http"

	"callout/internal/operate"
)

// VerifyRequest is what POST verify takes.
type VerifyRequest struct {
	Recipient string `json:"recipient" doc:"local-part@domain"`
	Fresh     bool   `json:"fresh,omitempty" doc:"Ask the destination whatever is known"`
}

// The events of a dialogue.
const (
	lineEvent    = "line {at, dir, text}: a line of the dialogue as it happens; dir is C for Callout, S for the destination, * for what nobody said"
	problemEvent = "problem: a problem detail, where something fails after the first event; its status is 401 where the token has ended"
)

func (a *API) verifyOperations() {
	register(a, operation{
		method: http.MethodPost, path: "/verify", id: "verify", tag: "Verify",
		summary: "Say what a client would be told of a recipient, and why",
		description: "The recipient is decided on as a front end would. With `Accept: text/event-stream` the dialogue with the destination " +
			"is told as it happens. A token for reading is answered from what is known: it sends no callout.",
		example: `{"recipient": "john@example.com", "fresh": true}`,
		events:  []string{lineEvent, "answer: what is answered as JSON otherwise", problemEvent},
		errors:  []int{404, 413, 422},
	}, verify)
}

func verify(c *call, _ *struct{}, body *VerifyRequest) (operate.Answer, error) {
	if body.Recipient == "" {
		return operate.Answer{}, newProblem(http.StatusUnprocessableEntity,
			`recipient is missing; write for example {"recipient": "john@example.com"}`).about("recipient")
	}
	if !c.accepts("text/event-stream") {
		return c.api.desk.Verify(c.Context(), c.who, body.Recipient, body.Fresh, nil)
	}
	return operate.Answer{}, c.stream(false, func(ctx context.Context, s sink) error {
		told, err := c.api.desk.Verify(ctx, c.who, body.Recipient, body.Fresh, s.line)
		if err == nil {
			s.tell(event{name: "answer", data: told})
		}
		return err
	})
}
